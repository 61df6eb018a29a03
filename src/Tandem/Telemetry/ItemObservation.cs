using System.Diagnostics;

namespace Tandem.Telemetry;

/// <summary>Of an item that somebody wants to know about, or that belongs to a trace: since when, how long it ran, and its activity.</summary>
/// <param name="activity">The item's own, where somebody listens.</param>
/// <param name="caller">The trace that it was submitted in.</param>
/// <param name="pool">The pool.</param>
/// <param name="instruments">Where to record.</param>
internal sealed class ItemObservation(Activity? activity, Activity? caller, ObservedPool pool, Instruments instruments)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _run;
    private long _runsSince;

    /// <summary>In a pool of processes: the one that has the item.</summary>
    internal int ProcessId { get; set; }

    /// <summary>The trace that the work belongs to; null for none.</summary>
    internal ActivityContext? Context => (activity ?? caller)?.Context;

    /// <summary>On a thread: the work begins, in its caller's trace. What is returned is to be disposed when it has returned.</summary>
    internal CurrentActivity Begin()
    {
        Volatile.Write(ref _runsSince, Stopwatch.GetTimestamp());
        return new CurrentActivity(activity ?? caller);
    }

    /// <summary>In a process: the work has run for so many stopwatch ticks.</summary>
    internal void AddRun(long ticks) => _run += ticks;

    /// <summary>The item has settled.</summary>
    /// <param name="item">The item.</param>
    /// <param name="error">Its error; null for none.</param>
    internal void End(IObservedItem item, Exception? error)
    {
        pool.Latencies?.Add(Stopwatch.GetTimestamp() - _start);
        if (!instruments.WantsItems && activity is null)
            return;

        string outcome = error switch
        {
            null => "completed",
            OperationCanceledException => "cancelled",
            WorkerCrashedException => "crashed",
            WorkTimeoutException => "timed_out",
            _ => "failed",
        };
        var tags = new TagList { { "tandem.pool", pool.Options.Name }, { "tandem.item.outcome", outcome } };
        if (error is not null)
            tags.Add("error.type", error.GetType().FullName);

        TimeSpan whole = Stopwatch.GetElapsedTime(_start);
        TimeSpan run = Volatile.Read(ref _runsSince) is > 0 and var since ? Stopwatch.GetElapsedTime(since) : Stopwatch.GetElapsedTime(0, _run);
        instruments.Record(whole, run, in tags);
        if (activity is null)
            return;

        foreach (KeyValuePair<string, object?> tag in tags)
            activity.SetTag(tag.Key, tag.Value);
        if (ProcessId != 0)
            activity.SetTag("process.pid", ProcessId);
        if (item.ElementCount > 0)
            activity.SetTag("tandem.item.elements", item.ElementCount);
        if (error is not null and not OperationCanceledException)
            activity.SetStatus(ActivityStatusCode.Error, error.Message);

        activity.Stop();
    }

    /// <summary>An activity as the current one of this thread, and the former one after it.</summary>
    internal readonly struct CurrentActivity : IDisposable
    {
        private readonly Activity? _former;

        internal CurrentActivity(Activity? activity)
        {
            _former = Activity.Current;
            Activity.Current = activity;
        }

        public void Dispose() => Activity.Current = _former;
    }
}
