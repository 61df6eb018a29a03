namespace Tandem.Supervision;

/// <summary>
/// Limits how often workers that fail to start are started: at most a number of times in a period, with exponential back-off. Restart
/// intensity as in Erlang's supervisors (https://www.erlang.org/doc/system/sup_princ.html), but it never gives up permanently. Not
/// thread-safe.
/// </summary>
/// <remarks>
/// If another program kills a process while it starts, that says nothing about the next start. Such kills do not count as failures, and
/// they delay the next start by at most <see cref="LongestAfterKill"/>.
/// </remarks>
internal sealed class RestartBudget(int limit, TimeSpan period, TimeProvider time)
{
    /// <summary>The longest delay after a kill from outside.</summary>
    internal static readonly TimeSpan LongestAfterKill = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    /// <summary>This many kills in a row cause no delay.</summary>
    private const int KillsWithoutDelay = 10;

    /// <summary>
    /// A program that kills processes while they start also hits them before they run user code. If this many kills in a row all hit user
    /// code, that code is probably the cause.
    /// </summary>
    private const int KillsInUserCode = 10;

    private readonly Queue<long> _failures = new(); // timestamps of the failed starts in the last period
    private int _kills; // in a row
    private int _killsInUserCode; // in a row
    private long _firstKill; // the timestamp of the first kill in the row

    /// <summary>The number of failed starts since the last successful one.</summary>
    internal int InARow { get; private set; }

    /// <summary>Whether the limit is reached: then waiting items fail.</summary>
    internal bool IsSpent => InARow >= limit || _failures.Count >= limit;

    /// <summary>Called when a worker is ready.</summary>
    internal void OnReady() => InARow = _kills = _killsInUserCode = 0;

    /// <summary>
    /// Called when a process was killed from outside before it was ready. Returns how long to wait before the next start.
    /// </summary>
    /// <param name="inUserCode">Whether the process had reached user code, such as a state factory.</param>
    /// <param name="isFailure">Whether the kill counts as a failed start nevertheless, because user code seems to be the cause.</param>
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

        // A series of kills ends at some time, and the next start may be the one that succeeds. Only a long series justifies saving work.
        TimeSpan delay = time.GetElapsedTime(_firstKill, now) / 60;
        return delay < LongestAfterKill ? delay : LongestAfterKill;
    }

    /// <summary>Called when a start failed. Returns how long to wait before the next start.</summary>
    internal TimeSpan OnFailed()
    {
        InARow++;
        long now = time.GetTimestamp();
        _failures.Enqueue(now);
        while (time.GetElapsedTime(_failures.Peek(), now) >= period)
            _failures.Dequeue();

        // Above the limit: one attempt per period, as a circuit breaker does. Each attempt costs a tenth of a second of processor time.
        TimeSpan delay = BackOff(InARow - 1);
        return IsSpent && delay < period ? period : delay;
    }

    private static TimeSpan BackOff(int doublings) =>
        TimeSpan.FromTicks((long)Math.Min(FirstBackOff.Ticks * Math.Pow(2, Math.Min(doublings, 20)), LongestBackOff.Ticks));
}
