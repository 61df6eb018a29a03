using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>What this worker publishes on the board: its own entry.</summary>
/// <param name="board">The state that all workers publish.</param>
/// <param name="index">The index of this worker's entry.</param>
internal sealed class PublishedState(Board board, int index)
{
    internal ref BoardEntry Entry => ref board[index];

    internal WebWorkerState State => (WebWorkerState)Volatile.Read(ref Entry.State);

    /// <summary>
    /// Whether the worker serves, or served, clients. Requests before that are part of its start, which has its own time limit.
    /// </summary>
    internal bool HasServed => Volatile.Read(ref Entry.State) >= (long)WebWorkerState.Accepting;

    /// <summary>Publishes a state, unless a later one was published already.</summary>
    internal void Advance(WebWorkerState state)
    {
        if (Volatile.Read(ref Entry.State) < (long)state)
            Volatile.Write(ref Entry.State, (long)state);
    }

    internal void CountCompleted() => Interlocked.Increment(ref Entry.Completed);

    internal void CountForwarded() => Interlocked.Increment(ref Entry.Forwarded);
}
