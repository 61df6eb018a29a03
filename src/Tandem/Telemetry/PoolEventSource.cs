using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using Tandem.BackgroundWork;

namespace Tandem.Telemetry;

/// <summary>
/// Reports the state of every pool to listeners on the runtime's diagnostics port, such as <c>tandem top</c>: at once, and then
/// periodically. Nothing runs without a listener.
/// </summary>
/// <remarks>A reader of another version identifies fields by their order: new fields are appended, and none is removed.</remarks>
[EventSource(Name = TandemTelemetry.EventSourceName)]
internal sealed class PoolEventSource : EventSource
{
    internal const int PoolEvent = 1;
    internal const int WorkerEvent = 2;
    internal const int ChangeEvent = 3;
    internal const int EndEvent = 4;
    internal const int FailureEvent = 5;

    /// <summary>The argument with which a listener sets the interval between reports.</summary>
    internal const string IntervalArgument = "IntervalMilliseconds";

    private const int DefaultInterval = 1000;
    private const int ShortestInterval = 50;

    // Commands may arrive while the base class is being constructed, when only these fields are set.
    private readonly Lock _timing = new(); // guards _timer
    private readonly Lock _publishing = new(); // held while a sample is written; guards the fields below
    private ITimer? _timer; // null without a listener
    private long _sample; // the number of the sample
    private int _written; // events of this sample

    /// <summary>Reports a pool; its workers follow.</summary>
    [Event(PoolEvent)]
    public void Pool(
        long sample, int pool, string name, string isolation, int workers, int concurrency, int queueLength, long starts,
        long crashes, long kills, long recycles, long failedStarts, long timeouts, long quarantined, int abandonedThreads,
        int latencies, double median, double percentile99, double longest, string startFailure)
    {
        _written++;
        WriteEvent(
            PoolEvent, sample, pool, name, isolation, workers, concurrency, queueLength, starts, crashes, kills, recycles, failedStarts,
            timeouts, quarantined, abandonedThreads, latencies, median, percentile99, longest, startFailure);
    }

    /// <summary>Reports a worker of the pool that was reported last.</summary>
    [Event(WorkerEvent)]
    public void Worker(
        long sample, int pool, int id, int threadId, string state, string currentItem, double currentItemSeconds, int inFlight,
        long itemsDone)
    {
        _written++;
        WriteEvent(WorkerEvent, sample, pool, id, threadId, state, currentItem, currentItemSeconds, inFlight, itemsDone);
    }

    /// <summary>Reports one of the last events of the pool's workers.</summary>
    [Event(ChangeEvent)]
    public void Change(long sample, int pool, string kind, int worker, long unixMilliseconds, string detail)
    {
        _written++;
        WriteEvent(ChangeEvent, sample, pool, kind, worker, unixMilliseconds, detail);
    }

    /// <summary>Ends a sample.</summary>
    [Event(EndEvent)]
    public void SampleEnd(long sample, int events, double seconds) => WriteEvent(EndEvent, sample, events, seconds);

    /// <summary>Reports that background work of the library failed; the code that depends on it was notified.</summary>
    [Event(FailureEvent, Level = EventLevel.Error)]
    public void BackgroundFailed(string error) => WriteEvent(FailureEvent, error);

    /// <inheritdoc/>
    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command != EventCommand.Enable)
            return; // the next tick notices that there is no listener any more

        int interval = DefaultInterval;
        if (command.Arguments?.TryGetValue(IntervalArgument, out string? text) == true
            && int.TryParse(text, CultureInfo.InvariantCulture, out int wanted))
        {
            interval = Math.Max(wanted, ShortestInterval);
        }

        lock (_timing)
        {
            _timer ??= Background.Timer(OnTick, Timeout.InfiniteTimeSpan);
            _timer.Change(TimeSpan.Zero, TimeSpan.FromMilliseconds(interval));
        }
    }

    private void OnTick()
    {
        lock (_timing)
        {
            if (!IsEnabled())
            {
                _timer?.Dispose();
                _timer = null;
                foreach (ObservedPool pool in Instruments.LivePools())
                    pool.Latencies = null;

                return;
            }
        }

        // Skip this sample if the previous one is still being written.
        if (!_publishing.TryEnter())
            return;

        try
        {
            Publish();
        }
        catch (Exception)
        {
            // On a timer, the exception would terminate the user's process. The next sample follows soon.
        }
        finally
        {
            _publishing.Exit();
        }
    }

    private void Publish()
    {
        _sample++;
        _written = 0;
        foreach (ObservedPool pool in Instruments.LivePools())
        {
            LatencySample.Figures latencies = (pool.Latencies ??= new LatencySample()).Take();
            PoolSnapshot snapshot = pool.Snapshot();
            PoolTotals totals = snapshot.Totals;
            Pool(
                _sample, pool.Id, snapshot.Name, snapshot.Isolation == Isolation.Process ? "process" : "thread", pool.Options.MaxWorkers,
                pool.Options.ConcurrencyPerWorker, snapshot.QueueLength, totals.Starts, totals.Crashes, totals.Kills, totals.Recycles,
                totals.FailedStarts, totals.Timeouts, totals.Quarantined, totals.AbandonedThreads, latencies.Count, latencies.Median,
                latencies.Percentile99, latencies.Longest, snapshot.StartFailure?.Message ?? "");
            foreach (WorkerSnapshot worker in snapshot.Workers)
            {
                Worker(
                    _sample, pool.Id, worker.Id, worker.ThreadId, Instruments.NameOf(worker), worker.CurrentItem ?? "",
                    worker.CurrentItemAge.TotalSeconds, worker.InFlight, worker.ItemsDone);
            }

            foreach (Tandem.WorkerEvent change in pool.Events.Recent)
                Change(
                    _sample, pool.Id, Instruments.NameOf(change.Kind), change.WorkerId, change.Time.ToUnixTimeMilliseconds(),
                    change.Detail);
        }

        SampleEnd(_sample, _written, Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);
    }
}
