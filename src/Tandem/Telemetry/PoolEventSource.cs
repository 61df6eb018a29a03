using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using Tandem.BackgroundWork;

namespace Tandem.Telemetry;

/// <summary>
/// Tells who listens through the runtime's diagnostics port, such as <c>tandem top</c>, what every pool looks like: at once, and then once
/// in an interval. Nothing runs while nobody listens.
/// </summary>
/// <remarks>A reader of another version finds the fields by their order: new ones come last, and none goes.</remarks>
[EventSource(Name = TandemTelemetry.EventSourceName)]
internal sealed class PoolEventSource : EventSource
{
    internal const int PoolEvent = 1;
    internal const int WorkerEvent = 2;
    internal const int ChangeEvent = 3;
    internal const int EndEvent = 4;
    internal const int FailureEvent = 5;

    /// <summary>The argument by which a listener says how often it wants to be told.</summary>
    internal const string IntervalArgument = "IntervalMilliseconds";

    private const int DefaultInterval = 1000;
    private const int ShortestInterval = 50;

    // Commands may come while the base class is being built, when only these are set.
    private readonly Lock _timing = new();
    private readonly Lock _publishing = new();
    private ITimer? _timer;
    private long _sample;
    private int _written;

    /// <summary>A pool; its workers follow.</summary>
    [Event(PoolEvent)]
    public void Pool(
        long sample, int pool, string name, string isolation, int workers, int concurrency, int queueLength, long starts, long crashes, long kills,
        long recycles, long failedStarts, long timeouts, long quarantined, int abandonedThreads, int latencies, double median, double percentile99,
        double longest, string startFailure)
    {
        _written++;
        WriteEvent(
            PoolEvent, sample, pool, name, isolation, workers, concurrency, queueLength, starts, crashes, kills, recycles, failedStarts, timeouts,
            quarantined, abandonedThreads, latencies, median, percentile99, longest, startFailure);
    }

    /// <summary>A worker of the pool that was told of last.</summary>
    [Event(WorkerEvent)]
    public void Worker(
        long sample, int pool, int id, int threadId, string state, string currentItem, double currentItemSeconds, int inFlight, long itemsDone)
    {
        _written++;
        WriteEvent(WorkerEvent, sample, pool, id, threadId, state, currentItem, currentItemSeconds, inFlight, itemsDone);
    }

    /// <summary>One of the last things that happened to workers of that pool.</summary>
    [Event(ChangeEvent)]
    public void Change(long sample, int pool, string kind, int worker, long unixMilliseconds, string detail)
    {
        _written++;
        WriteEvent(ChangeEvent, sample, pool, kind, worker, unixMilliseconds, detail);
    }

    /// <summary>That was all of a sample.</summary>
    [Event(EndEvent)]
    public void SampleEnd(long sample, int events, double seconds) => WriteEvent(EndEvent, sample, events, seconds);

    /// <summary>Background work of the library failed; what depended on it was told.</summary>
    [Event(FailureEvent, Level = EventLevel.Error)]
    public void BackgroundFailed(string error) => WriteEvent(FailureEvent, error);

    /// <inheritdoc/>
    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command != EventCommand.Enable)
            return; // the next tick notices that nobody is left

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

        // One that is still at it is late as it is.
        if (!_publishing.TryEnter())
            return;

        try
        {
            Publish();
        }
        catch (Exception)
        {
            // On a timer it would end the user's process. The next sample is due soon.
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
                Change(_sample, pool.Id, Instruments.NameOf(change.Kind), change.WorkerId, change.Time.ToUnixTimeMilliseconds(), change.Detail);
        }

        SampleEnd(_sample, _written, Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);
    }
}
