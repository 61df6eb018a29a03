using System.Globalization;
using Tandem.Supervision;

namespace Tandem.Serve.Workers;

/// <summary>
/// Decides when the next process of a slot is started after one has crashed or failed to start, and whether the slot is in a crash loop.
/// Failed starts and crashes before <see cref="ServeOptions.MinUptime"/> follow the <see cref="RestartBudget"/>. Crashes at any age also
/// count in a longer window: a process that crashes every few seconds or minutes never counts as a failed start, and would otherwise be
/// restarted without a pause forever.
/// </summary>
/// <remarks>A process that another program kills says nothing about the next one, and does not count.</remarks>
internal sealed class CrashPolicy(ServeOptions options, TimeProvider time)
{
    /// <summary>The window in which crashes are counted, in restart periods.</summary>
    private const int WindowPeriods = 20;

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new(); // guards the fields below; the status reads them while a slot is refilled
    private readonly Queue<long> _crashes = new(); // when the crashes within the window happened, oldest first
    private RestartBudget _budget = new(options.RestartLimit, options.RestartPeriod, time); // counts failed starts

    private TimeSpan Window => WindowPeriods * options.RestartPeriod;

    /// <summary>
    /// Whether the slot's processes crashed, or failed to start, so often in the window that the next starts are delayed.
    /// </summary>
    internal bool IsCrashLoop
    {
        get
        {
            lock (_lock)
                return CountCrashes() >= options.RestartLimit;
        }
    }

    /// <summary>The crash loop as text; null if there is none.</summary>
    internal string? Describe()
    {
        lock (_lock)
        {
            int crashes = CountCrashes();
            return crashes < options.RestartLimit
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"crash loop: {crashes} crashes or failed starts in {Window.TotalSeconds:0.###} s or less");
        }
    }

    /// <summary>A process became ready.</summary>
    internal void OnReady()
    {
        lock (_lock)
            _budget.OnReady();
    }

    /// <summary>Another version serves. The crashes of the former one say nothing about it.</summary>
    internal void Clear()
    {
        lock (_lock)
        {
            _crashes.Clear();
            _budget = new RestartBudget(options.RestartLimit, options.RestartPeriod, time);
        }
    }

    /// <summary>A process failed to start; returns how long to wait before the next start.</summary>
    internal TimeSpan OnFailedStart(bool wasKilled)
    {
        lock (_lock)
        {
            if (wasKilled)
                return _budget.OnKilled(inUserCode: false, out _);

            TimeSpan delay = _budget.OnFailed();
            TimeSpan loopDelay = AddCrash();
            return delay > loopDelay ? delay : loopDelay;
        }
    }

    /// <summary>A process that had been ready exited without being told to; returns how long to wait before the next start.</summary>
    /// <param name="age">How long it ran.</param>
    /// <param name="wasKilled">Whether another program killed it.</param>
    internal TimeSpan OnEnded(TimeSpan age, bool wasKilled)
    {
        if (age < options.MinUptime)
            return OnFailedStart(wasKilled);
        if (wasKilled)
            return TimeSpan.Zero;

        // The delay is never longer than the process ran. So a worker that crashes occasionally serves for at least half of the time.
        lock (_lock)
        {
            TimeSpan delay = AddCrash();
            return delay < age ? delay : age;
        }
    }

    /// <summary>
    /// Counts a crash; returns the back-off: none up to the limit, then doubled with each crash up to one restart period.
    /// </summary>
    private TimeSpan AddCrash()
    {
        _crashes.Enqueue(time.GetTimestamp());
        int beyond = CountCrashes() - options.RestartLimit;
        if (beyond < 0)
            return TimeSpan.Zero;

        TimeSpan delay = FirstBackOff * Math.Pow(2, Math.Min(beyond, 20));
        return delay < options.RestartPeriod ? delay : options.RestartPeriod;
    }

    private int CountCrashes()
    {
        long now = time.GetTimestamp();
        while (_crashes.TryPeek(out long oldest) && time.GetElapsedTime(oldest, now) >= Window)
            _crashes.Dequeue();

        return _crashes.Count;
    }
}
