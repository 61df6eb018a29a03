using System.Collections.Concurrent;
using System.Globalization;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>The mailboxes of other workers, as far as this one has asked for them.</summary>
/// <param name="board">Says which workers there are.</param>
/// <param name="ask">Asks the supervisor for the one of a worker; whether it could.</param>
internal sealed class PeerTable(Board board, Func<string, bool> ask)
{
    /// <summary>How long the supervisor's answer is waited for, in milliseconds. It takes less than one, unless the supervisor waits for a processor, or is stopped.</summary>
    private const int AnswerLimit = 3_000;

    private readonly ConcurrentDictionary<long, MessageSocket> _peers = new();
    private readonly Lock _asking = new();
    private readonly ManualResetEventSlim _isAnswered = new();
    private long _asked;

    /// <summary>One that is known already.</summary>
    internal MessageSocket? Find(long id) => _peers.GetValueOrDefault(id);

    /// <summary>One that may have to be asked for, which waits.</summary>
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

    /// <summary>The supervisor's answer, on the thread that hears it.</summary>
    internal void OnAnswer(string text, int descriptor)
    {
        long id = long.Parse(text, CultureInfo.InvariantCulture);
        if (descriptor >= 0)
        {
            var peer = new MessageSocket(descriptor, waits: false);
            if (!_peers.TryAdd(id, peer))
                peer.Dispose(); // it came late, and was asked for again
        }

        if (Volatile.Read(ref _asked) == id)
            _isAnswered.Set();
    }

    /// <summary>Forgets those that are gone.</summary>
    internal void Prune()
    {
        foreach ((long id, MessageSocket peer) in _peers)
        {
            if (!board.Has(id) && _peers.TryRemove(id, out _))
                peer.Dispose();
        }
    }
}
