using System.Diagnostics;

namespace Tandem.Telemetry;

/// <summary>
/// Observes an item that a listener is interested in, or that belongs to a trace: its start, its run time, and its activity.
/// </summary>
/// <param name="activity">The activity of the item, if there is a listener.</param>
/// <param name="caller">The activity in which the item was submitted.</param>
/// <param name="pool">The pool.</param>
/// <param name="instruments">The instruments to record to.</param>
internal sealed class ItemObservation(Activity? activity, Activity? caller, ObservedPool pool, Instruments instruments)
{
    private readonly long _start = Stopwatch.GetTimestamp(); // when the item was submitted
    private long _run; // in a process: how long the item ran, in stopwatch ticks
    private long _runsSince; // on a thread: when the work began

    /// <summary>In a pool of processes: the id of the process that runs the item.</summary>
    internal int ProcessId { get; set; }

    /// <summary>The trace of the work; null for none.</summary>
    internal ActivityContext? Context => (activity ?? caller)?.Context;

    /// <summary>
    /// On a thread: called when the work begins. Makes its caller's trace current; dispose the result when the work returns.
    /// </summary>
    internal CurrentActivity Begin()
    {
        Volatile.Write(ref _runsSince, Stopwatch.GetTimestamp());
        return new CurrentActivity(activity ?? caller);
    }

    /// <summary>In a process: adds to the run time, in stopwatch ticks.</summary>
    internal void AddRun(long ticks) => _run += ticks;

    /// <summary>Called when the item has settled.</summary>
    /// <param name="item">The item.</param>
    /// <param name="error">The error of the item; null for none.</param>
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
        TimeSpan run = Volatile.Read(ref _runsSince) is > 0 and var since
            ? Stopwatch.GetElapsedTime(since) : Stopwatch.GetElapsedTime(0, _run);
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

    /// <summary>Makes an activity the current one of this thread, and restores the previous one when it is disposed.</summary>
    internal readonly struct CurrentActivity : IDisposable
    {
        private readonly Activity? _former; // the previous activity of the thread

        internal CurrentActivity(Activity? activity)
        {
            _former = Activity.Current;
            Activity.Current = activity;
        }

        public void Dispose() => Activity.Current = _former;
    }
}
