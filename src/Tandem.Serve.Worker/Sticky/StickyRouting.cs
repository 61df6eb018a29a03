using System.Globalization;
using Tandem.Interop;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>Brings all requests of one client to one worker (<c>--sticky</c>): this worker's part in it.</summary>
internal sealed class StickyRouting
{
    private readonly ServedWorker _worker;
    private readonly Board _board;
    private readonly Mailbox _mailbox;

    internal StickyRouting(ServedWorker worker, Board board, Func<string, bool> ask)
    {
        _worker = worker;
        _board = board;
        _ = Libc.Fcntl(ServeProtocol.MailboxDescriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        Peers = new PeerTable(board, ask);
        Clients = new PeerClients(Peers);
        Listener = new PeerListener(worker);
        Router = new ConnectionRouter(worker, board, Peers);
        _mailbox = new Mailbox(new MessageSocket(ServeProtocol.MailboxDescriptor, waits: false), Handle);
    }

    internal PeerTable Peers { get; }

    internal ConnectionRouter Router { get; }

    internal PeerClients Clients { get; }

    /// <summary>Where the requests come in that other workers forward.</summary>
    internal PeerListener Listener { get; }

    internal long Id => _worker.Settings.Id;

    internal void Start() => _mailbox.Start();

    /// <summary>
    /// Which worker a client with a cookie belongs to: the one that it names, or where that is gone, or takes no more, one that all workers
    /// choose alike, so that requests that come at once do not go to several.
    /// </summary>
    /// <returns>The worker's id; 0 where there is none.</returns>
    internal long OwnerOf(StickyCookie cookie) =>
        cookie.Worker == Id || _board.Accepts(cookie.Worker) ? cookie.Worker : _board.ChooseFor(cookie.Client);

    /// <summary>Forgets workers that are gone.</summary>
    internal void Prune()
    {
        Peers.Prune();
        Clients.Prune(_board);
    }

    /// <summary>This worker takes no more connections; completes when it has all that others had handed it.</summary>
    internal Task CloseAsync() => _mailbox.CloseAsync();

    /// <summary>On the mailbox's thread. What comes from another worker is as good as that one is; it is of the same application.</summary>
    private void Handle(Message message)
    {
        if (message.Descriptor < 0)
            return;

        switch (message.Verb)
        {
            case ServeProtocol.HandOver when message.Rest.Split(' ', 2) is [var sender, var endPoint]:
                if (!_worker.TryServeHandedOver(endPoint, message.Descriptor))
                    HandBack(long.Parse(sender, CultureInfo.InvariantCulture), endPoint, message.Descriptor);
                break;
            case ServeProtocol.Forward:
                Listener.Serve(message.Descriptor);
                break;
            case ServeProtocol.HandBack when _worker.TryServeHandedOver(message.Rest, message.Descriptor):
                break;
            default:
                _ = Libc.Close(message.Descriptor);
                break;
        }
    }

    /// <summary>This worker does not listen there: it is of another version of the application, which listens elsewhere.</summary>
    private void HandBack(long sender, string endPoint, int descriptor)
    {
        Peers.FindOrAsk(sender)?.TrySend(ServeProtocol.HandBack, endPoint, descriptor);
        _ = Libc.Close(descriptor);
    }
}
