using System.Diagnostics;

namespace Tandem.Supervision;

/// <summary>
/// How often workers that cannot start are started: at most so many times in a period, with exponential back-off between. Restart
/// intensity as in Erlang's supervisors (https://www.erlang.org/doc/system/sup_princ.html), without giving up for ever. Not synchronised.
/// </summary>
internal sealed class RestartBudget(int limit, TimeSpan period)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    private readonly Queue<long> _failures = new();

    /// <summary>Failed starts without a good one between.</summary>
    internal int InARow { get; private set; }

    /// <summary>Whether the limit is reached: who waits for a worker is told.</summary>
    internal bool IsSpent => InARow >= limit || _failures.Count >= limit;

    /// <summary>A worker was ready.</summary>
    internal void OnReady() => InARow = 0;

    /// <summary>A start failed; returns how long to wait before the next.</summary>
    /// <param name="now">In stopwatch ticks.</param>
    internal TimeSpan OnFailed(long now)
    {
        InARow++;
        _failures.Enqueue(now);
        while (Stopwatch.GetElapsedTime(_failures.Peek(), now) >= period)
            _failures.Dequeue();

        double factor = Math.Pow(2, Math.Min(InARow - 1, 20));
        TimeSpan delay = TimeSpan.FromTicks((long)Math.Min(FirstBackOff.Ticks * factor, LongestBackOff.Ticks));
        // Of the last limit failures the oldest must have left the period before the next start.
        while (_failures.Count > limit)
            _failures.Dequeue();

        TimeSpan untilAllowed = _failures.Count == limit ? period - Stopwatch.GetElapsedTime(_failures.Peek(), now) : TimeSpan.Zero;
        return delay > untilAllowed ? delay : untilAllowed;
    }
}
