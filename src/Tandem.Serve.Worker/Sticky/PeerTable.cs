using System.Collections.Concurrent;
using System.Globalization;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>The mailboxes of other workers for which this worker has already asked.</summary>
/// <param name="board">Lists the workers that exist.</param>
/// <param name="ask">Asks the supervisor for a worker's mailbox; returns whether the message was sent.</param>
internal sealed class PeerTable(Board board, Func<string, bool> ask)
{
    /// <summary>
    /// How long to wait for the supervisor's answer, in milliseconds. It takes less than one, unless the supervisor waits for a processor,
    /// or is stopped or gone.
    /// </summary>
    private const int AnswerLimit = 3_000;

    private readonly ConcurrentDictionary<long, MessageSocket> _peers = new(); // mailboxes, by worker id
    private readonly Lock _asking = new(); // one question at a time
    private readonly ManualResetEventSlim _isAnswered = new(); // set by the answer to the current question
    private long _asked; // the worker id of the current question

    /// <summary>Returns a mailbox that is already known; otherwise null.</summary>
    internal MessageSocket? Find(long id) => _peers.GetValueOrDefault(id);

    /// <summary>Returns a mailbox; asks the supervisor for it if necessary, and blocks meanwhile.</summary>
    internal MessageSocket? FindOrAsk(long id)
    {
        if (Find(id) is { } known)
            return known;

        lock (_asking)
        {
            if (Find(id) is { } other)
                return other;

            _isAnswered.Reset();
            Volatile.Write(ref _asked, id);
            if (ask(id.ToString(CultureInfo.InvariantCulture)))
                _isAnswered.Wait(AnswerLimit);
            return Find(id);
        }
    }

    /// <summary>Handles the supervisor's answer, on the thread that receives it.</summary>
    internal void OnAnswer(string text, int descriptor)
    {
        long id = long.Parse(text, CultureInfo.InvariantCulture);
        if (descriptor >= 0)
        {
            var peer = new MessageSocket(descriptor, waits: false);
            if (!_peers.TryAdd(id, peer))
                peer.Dispose(); // the answer was late, and the question was asked again
        }

        if (Volatile.Read(ref _asked) == id)
            _isAnswered.Set();
    }

    /// <summary>Removes the mailboxes of workers that are gone.</summary>
    internal void Prune()
    {
        foreach ((long id, MessageSocket peer) in _peers)
        {
            if (!board.Has(id) && _peers.TryRemove(id, out _))
                peer.Dispose();
        }
    }
}
