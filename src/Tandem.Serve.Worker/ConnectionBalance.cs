using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>
/// Counts this worker's connections, and compares their number with those of the other workers, so that all workers get their share.
/// </summary>
/// <remarks>
/// It has no lock. The accepting threads write the fields; if two of them cross, either value is good enough. The counts are incremented
/// atomically.
/// </remarks>
internal sealed class ConnectionBalance(Board board, PublishedState own, int index, TimeProvider time)
{
    /// <summary>After this many accepted connections, the worker checks whether clients keep their connections.</summary>
    private const int Sample = 8;

    /// <summary>The time within which these connections must have arrived, in milliseconds.</summary>
    private const int SampleTime = 100;

    /// <summary>
    /// After accepting this many connections, the worker compares the workers' shares from zero again. It is more than a worker accepts
    /// within one time slice.
    /// </summary>
    private const int ShareWindow = 512;

    /// <summary>A worker is ahead if it accepted more than this many times the others' average, plus an eighth of the window.</summary>
    private const double ShareSlack = 1.2;

    private readonly long[] _acceptedBefore = new long[Board.Capacity]; // the counts of all workers at the start of the window
    private volatile bool _isAhead; // whether this worker accepted clearly more than the others
    private volatile bool _areShortLived; // whether connections were short-lived at the last check
    private long _closedBefore; // how many connections were closed at the last check
    private long _sampledAt; // when the last check was, in milliseconds of the clock
    private long _ownBefore; // this worker's count at the start of the window
    private long _handedIn; // connections that other workers accepted and handed over to this one

    /// <summary>Whether no other worker accepts connections, or soon will.</summary>
    internal bool IsAlone => board.Target <= 1 && board.FewestConnectionsBeside(index) == long.MaxValue;

    /// <summary>
    /// How many connections more than the worker with the fewest this worker has, if connections are kept. Short-lived connections spread
    /// by themselves, and waiting for other workers would cost a quarter of the throughput.
    /// </summary>
    internal long Lead => AreShortLived ? 0 : Volatile.Read(ref own.Entry.Connections) - board.FewestConnectionsBeside(index);

    /// <summary>Whether connections are short-lived and this worker accepts clearly more of them than the others do.</summary>
    internal bool IsAhead => _isAhead && AreShortLived;

    /// <summary>Whether connections are short-lived. An old observation says nothing about the next connections.</summary>
    private bool AreShortLived => _areShortLived && time.GetMilliseconds() - Volatile.Read(ref _sampledAt) < SampleTime;

    /// <summary>How many more connections this worker got from other workers than it handed over to them.</summary>
    private long HandedInMore => Volatile.Read(ref _handedIn) - Volatile.Read(ref own.Entry.HandedOver);

    /// <summary>Called when this worker has accepted a connection.</summary>
    internal void OnOpened()
    {
        long open = Interlocked.Increment(ref own.Entry.Connections);
        long accepted = Interlocked.Increment(ref own.Entry.Accepted);
        if (accepted % Sample != 0)
            return;

        CheckLifetimes(closed: accepted + HandedInMore - open);
        CheckShares(accepted);
    }

    /// <summary>Called when a connection of this worker was closed.</summary>
    internal void OnClosed() => Interlocked.Decrement(ref own.Entry.Connections);

    /// <summary>Called when a connection was handed over to another worker.</summary>
    internal void OnHandedOver()
    {
        Interlocked.Increment(ref own.Entry.HandedOver);
        OnClosed();
    }

    /// <summary>Called when another worker has handed a connection over to this one.</summary>
    internal void OnHandedIn()
    {
        Interlocked.Increment(ref _handedIn);
        Interlocked.Increment(ref own.Entry.Connections);
    }

    private void CheckShares(long accepted)
    {
        long more = accepted - _ownBefore;
        double others = board.AcceptedBeside(index, _acceptedBefore);
        _isAhead = others > 0 && more > others * ShareSlack + ShareWindow / 8;
        if (more < ShareWindow)
            return;

        _ownBefore = accepted;
        board.ReadAccepted(_acceptedBefore);
    }

    /// <summary>
    /// Called after every few connections, so that the first kept connections are noticed: checks whether some connections were closed
    /// meanwhile. If connections arrive slowly, the result does not matter, because waiting for other workers then costs nothing.
    /// </summary>
    private void CheckLifetimes(long closed)
    {
        long now = time.GetMilliseconds();
        _areShortLived = closed - _closedBefore >= Sample / 4 && now - _sampledAt < SampleTime;
        (_closedBefore, _sampledAt) = (closed, now);
    }
}
