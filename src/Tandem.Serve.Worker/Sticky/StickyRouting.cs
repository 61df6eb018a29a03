using System.Globalization;
using Tandem.Interop;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>Sticky routing (<c>--sticky</c>) in this worker: routes all requests of one client to one worker.</summary>
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
        Clients = new PeerClients(Peers, worker.Time);
        Listener = new PeerListener(worker);
        Router = new ConnectionRouter(worker, board, Peers);
        _mailbox = new Mailbox(new MessageSocket(ServeProtocol.MailboxDescriptor, waits: false), Handle);
    }

    internal PeerTable Peers { get; }

    internal ConnectionRouter Router { get; }

    internal PeerClients Clients { get; }

    /// <summary>Accepts the requests that other workers forward.</summary>
    internal PeerListener Listener { get; }

    internal long Id => _worker.Settings.Id;

    internal void Start() => _mailbox.Start();

    /// <summary>
    /// Returns the worker that a client with a cookie belongs to: the one that it names, or, if that one is gone or does not accept, one
    /// that all workers select in the same way, so that requests which arrive at the same time go to the same worker.
    /// </summary>
    /// <returns>The worker's id; 0 if no worker accepts.</returns>
    internal long OwnerOf(StickyCookie cookie) =>
        cookie.Worker == Id || _board.Accepts(cookie.Worker) ? cookie.Worker : _board.ChooseFor(cookie.Client);

    /// <summary>
    /// Creates a number for a new client. By that number alone, the client belongs to this worker: browsers share cookies between all ports
    /// of a host, and another server there, which does not know this worker, would replace the worker's part.
    /// </summary>
    internal long NewClient()
    {
        const int MaxTries = 2048; // each worker owns a share of all numbers; this one may just have stopped accepting
        long client = 0;
        for (int i = 0; i < MaxTries; i++)
        {
            client = Random.Shared.NextInt64();
            if (_board.ChooseFor(client) == Id)
                break;
        }

        return client;
    }

    /// <summary>Removes the data of workers that are gone.</summary>
    internal void Prune()
    {
        Peers.Prune();
        Clients.Prune(_board);
    }

    /// <summary>Refuses further connections from other workers; completes when all earlier ones were handled.</summary>
    internal Task CloseAsync() => _mailbox.CloseAsync();

    /// <summary>
    /// Handles a message of another worker, on the mailbox's thread. Other workers are trusted, because they run the same application.
    /// </summary>
    private void Handle(Message message)
    {
        if (message.Descriptor < 0)
            return;

        switch (message.Verb)
        {
            case ServeProtocol.HandOver when message.Rest.Split(' ', 2) is [var sender, var endPoint]:
                if (!_worker.Listeners.TryServeHandedOver(endPoint, message.Descriptor))
                    HandBack(long.Parse(sender, CultureInfo.InvariantCulture), endPoint, message.Descriptor);
                break;
            case ServeProtocol.Forward:
                Listener.Serve(message.Descriptor);
                break;
            case ServeProtocol.HandBack when _worker.Listeners.TryServeHandedOver(message.Rest, message.Descriptor):
                break;
            default:
                _ = Libc.Close(message.Descriptor);
                break;
        }
    }

    /// <summary>
    /// Returns a connection to its sender, because this worker does not listen on that address: it runs another version of the application.
    /// </summary>
    private void HandBack(long sender, string endPoint, int descriptor)
    {
        Peers.FindOrAsk(sender)?.TrySend(ServeProtocol.HandBack, endPoint, descriptor);
        _ = Libc.Close(descriptor);
    }
}
