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

    /// <summary>Processes that somebody ends while they start say nothing about the next one, unless it never stops.</summary>
    private const int MaximumKilled = 30;

    private readonly Queue<long> _failures = new();
    private int _killed;

    /// <summary>Failed starts without a good one between.</summary>
    internal int InARow { get; private set; }

    /// <summary>Whether the limit is reached: who waits for a worker is told.</summary>
    internal bool IsSpent => InARow >= limit || _failures.Count >= limit || _killed >= MaximumKilled;

    /// <summary>A worker was ready.</summary>
    internal void OnReady() => InARow = _killed = 0;

    /// <summary>A process was killed from outside while it started; returns how long to wait before the next.</summary>
    internal TimeSpan OnKilled() => ++_killed < MaximumKilled / 3 ? TimeSpan.Zero : BackOff(_killed - MaximumKilled / 3);

    /// <summary>A start failed; returns how long to wait before the next.</summary>
    /// <param name="now">In stopwatch ticks.</param>
    internal TimeSpan OnFailed(long now)
    {
        InARow++;
        _failures.Enqueue(now);
        while (Stopwatch.GetElapsedTime(_failures.Peek(), now) >= period)
            _failures.Dequeue();

        // Beyond the limit one try in a period, as a circuit breaker does: each costs a tenth of a second of processor time.
        TimeSpan delay = BackOff(InARow - 1);
        return IsSpent && delay < period ? period : delay;
    }

    private static TimeSpan BackOff(int doublings) =>
        TimeSpan.FromTicks((long)Math.Min(FirstBackOff.Ticks * Math.Pow(2, Math.Min(doublings, 20)), LongestBackOff.Ticks));
}
