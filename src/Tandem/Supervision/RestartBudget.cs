namespace Tandem.Supervision;

/// <summary>
/// How often workers that cannot start are started: at most so many times in a period, with exponential back-off between. Restart
/// intensity as in Erlang's supervisors (https://www.erlang.org/doc/system/sup_princ.html), without giving up for ever. Not synchronised.
/// </summary>
/// <remarks>
/// A process that somebody kills while it starts says nothing about the next one. Such kills never count as failures, and they delay
/// the next start by <see cref="LongestAfterKill"/> at most.
/// </remarks>
internal sealed class RestartBudget(int limit, TimeSpan period, TimeProvider time)
{
    /// <summary>The longest delay after a kill from outside.</summary>
    internal static readonly TimeSpan LongestAfterKill = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    /// <summary>So many kills in a row delay nothing.</summary>
    private const int KillsWithoutDelay = 10;

    /// <summary>
    /// Whoever kills processes while they start also meets them before they run the user's code. When only that code is met, so often
    /// in a row, it is probably the code that has its process killed.
    /// </summary>
    private const int KillsInUserCode = 10;

    private readonly Queue<long> _failures = new();
    private int _kills;
    private int _killsInUserCode;
    private long _firstKill;

    /// <summary>Failed starts without a good one between.</summary>
    internal int InARow { get; private set; }

    /// <summary>Whether the limit is reached: who waits for a worker is told.</summary>
    internal bool IsSpent => InARow >= limit || _failures.Count >= limit;

    /// <summary>A worker was ready.</summary>
    internal void OnReady() => InARow = _kills = _killsInUserCode = 0;

    /// <summary>A process was killed from outside while it started, or was about to serve; returns how long to wait before the next.</summary>
    /// <param name="inUserCode">Whether it ran the user's code already, such as a state factory.</param>
    /// <param name="isFailure">Whether it counts as a failed start all the same: the code seems to be the cause.</param>
    internal TimeSpan OnKilled(bool inUserCode, out bool isFailure)
    {
        _killsInUserCode = inUserCode ? _killsInUserCode + 1 : 0;
        isFailure = _killsInUserCode > KillsInUserCode;
        if (isFailure)
            return OnFailed();

        long now = time.GetTimestamp();
        if (_kills++ == 0)
            _firstKill = now;
        if (_kills <= KillsWithoutDelay)
            return TimeSpan.Zero;

        // A storm passes, and the next start may be the one that comes through. Only a storm that does not pass is worth saving work for.
        TimeSpan delay = time.GetElapsedTime(_firstKill, now) / 60;
        return delay < LongestAfterKill ? delay : LongestAfterKill;
    }

    /// <summary>A start failed; returns how long to wait before the next.</summary>
    internal TimeSpan OnFailed()
    {
        InARow++;
        long now = time.GetTimestamp();
        _failures.Enqueue(now);
        while (time.GetElapsedTime(_failures.Peek(), now) >= period)
            _failures.Dequeue();

        // Beyond the limit one try in a period, as a circuit breaker does: each costs a tenth of a second of processor time.
        TimeSpan delay = BackOff(InARow - 1);
        return IsSpent && delay < period ? period : delay;
    }

    private static TimeSpan BackOff(int doublings) =>
        TimeSpan.FromTicks((long)Math.Min(FirstBackOff.Ticks * Math.Pow(2, Math.Min(doublings, 20)), LongestBackOff.Ticks));
}
