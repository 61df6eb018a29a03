using System.Diagnostics;
using Tandem.BackgroundWork;

namespace Tandem.Work;

/// <summary>
/// Recognizes a caller that waits for the answer of each call before it submits the next one. If its calls are long enough, it waits for
/// the answer inside the call (<see cref="BriefWait"/>): the call returns a completed task, and no other thread has to be woken.
/// </summary>
/// <remarks>
/// A caller that submits several calls at once must not wait, because its calls would run one after the other. So the evidence has to be
/// strong: for <see cref="Evidence"/> calls in a row, no other call was in flight. While calls wait there is no evidence, so one call in
/// each <see cref="Period"/> does not wait. If the next call then comes before its answer, no call waits until there is new evidence.
/// The figures are approximate: racing callers lose an observation now and then.
/// </remarks>
/// <param name="mayWait">Whether the current thread may wait; null for <see cref="BriefWait.IsAllowed"/>.</param>
internal sealed class SerialCalls(Func<bool>? mayWait = null)
{
    /// <summary>How many calls in a row must come when none is in flight, before calls wait.</summary>
    internal const int Evidence = 16;

    /// <summary>Of so many calls one does not wait.</summary>
    internal const int Period = 8;

    /// <summary>Shorter calls do not wait here: the answer comes before a thread of the thread pool has stopped spinning.</summary>
    private static readonly long LongTicks = Stopwatch.Frequency * 50 / 1_000_000;

    private long _last; // how long the last call took, in stopwatch ticks
    private long _length; // the shorter one of the last two calls, in stopwatch ticks; 0 if it is not long
    private int _inFlight; // long calls that have no answer yet
    private int _streak; // calls in a row that came when no other was in flight

    /// <summary>Whether the latest calls took long enough for waiting.</summary>
    internal bool AreLong => Volatile.Read(ref _length) != 0;

    /// <summary>Learns how long a call has taken, in stopwatch ticks.</summary>
    internal void Measure(long elapsed)
    {
        long shorter = Math.Min(elapsed, _last);
        long length = shorter >= LongTicks ? shorter : 0;
        // While calls are short, the field is only read: another thread reads it for each call.
        if (length != _length)
            Volatile.Write(ref _length, length);
        if (elapsed >= LongTicks || _last >= LongTicks)
            _last = elapsed;
    }

    /// <summary>A call is submitted while calls are long.</summary>
    /// <returns>The call, which must be told when the task is complete.</returns>
    internal LongCall OnCall()
    {
        bool isAlone = Interlocked.Increment(ref _inFlight) == 1;
        _streak = isAlone ? _streak + 1 : 0;
        bool waits = _streak > Evidence && _streak % Period != 0 && (mayWait?.Invoke() ?? BriefWait.IsAllowed());
        TimeSpan expected = Stopwatch.GetElapsedTime(0, Volatile.Read(ref _length));
        TimeSpan limit = 2 * expected + TimeSpan.FromMilliseconds(1);
        return new LongCall(this, waits && expected <= BriefWait.Longest ? limit : TimeSpan.Zero);
    }

    /// <summary>A call of <see cref="OnCall"/> has its answer.</summary>
    internal void OnAnswered() => Interlocked.Decrement(ref _inFlight);
}
