using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tandem.Telemetry;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public abstract partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Each_item_is_an_activity_of_its_caller_with_its_outcome()
    {
        await using WorkerPool pool = await CreateListenedAsync("activities");
        using var listening = new Listening(NameOf("activities"));
        using var caller = new Activity("caller");
        caller.Start();
        await pool.RunAsync(static () => 1, new WorkOptions { Name = "good" });
        await Assert.ThrowsAsync<FormatException>(() => pool.RunAsync(static () => int.Parse("x", null), new WorkOptions { Name = "bad" }));
        Assert.Same(caller, Activity.Current);
        caller.Stop();
        await pool.RunAsync(static () => 1, new WorkOptions { Name = "later" });

        await Eventually.Async(() => listening.Ended.Length == 3);
        Activity[] ended = listening.Ended;
        Assert.Equal(["good", "bad", "later"], ended.Select(static activity => activity.DisplayName));
        Assert.Equal([caller.SpanId, caller.SpanId, default], ended.Select(static activity => activity.ParentSpanId));
        Assert.Equal(["completed", "failed", "completed"], ended.Select(static activity => activity.GetTagItem("tandem.item.outcome")));
        Assert.Equal(ActivityStatusCode.Error, ended[1].Status);
        Assert.Equal(typeof(FormatException).FullName, ended[1].GetTagItem("error.type"));
        Assert.All(ended, activity => Assert.Equal(Backend.Isolation == Isolation.Process, activity.GetTagItem("process.pid") is int pid && pid != Environment.ProcessId));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Durations_are_measured_by_outcome()
    {
        await using WorkerPool pool = await CreateListenedAsync("durations");
        using var listening = new Listening(NameOf("durations"));
        using var cancelled = new CancellationTokenSource();
        await pool.RunAsync(static () => 1);
        Task late = pool.RunAsync(static token => { token.WaitHandle.WaitOne(); token.ThrowIfCancellationRequested(); }, cancellationToken: cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
        await pool.MapAsync(Enumerable.Range(0, 10), static i => i).ToListAsync();
        await Eventually.Async(() => listening.Of("tandem.item.duration").Length >= 3);
        (double Value, Dictionary<string, object?> Tags)[] durations = listening.Of("tandem.item.duration");
        Assert.All(durations, static duration => Assert.True(duration.Value >= 0));
        Assert.Equal(["completed", "cancelled"], durations.Take(2).Select(static duration => duration.Tags["tandem.item.outcome"]));
        Assert.All(durations.Skip(2), static duration => Assert.Equal("completed", duration.Tags["tandem.item.outcome"]));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Gauges_show_a_pool_as_long_as_it_lives()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        using var listening = new Listening(NameOf("gauges"));
        await using (WorkerPool pool = await CreateListenedAsync("gauges", workers: 1))
        {
            Task first = await OccupyAsync(pool, scratch, gate);
            Task second = pool.RunAsync(static () => { });
            await Eventually.Async(() => pool.Snapshot() is { QueueLength: 1 } or { Workers: [{ InFlight: 2 }] });
            listening.Observe();
            Assert.Equal(pool.Snapshot().QueueLength, Assert.Single(listening.Of("tandem.pool.queue.length")).Value);
            Assert.Equal("busy", Assert.Single(listening.Of("tandem.pool.workers"), static one => one.Value == 1).Tags["tandem.worker.state"]);
            Assert.Equal(0, Assert.Single(listening.Of("tandem.pool.abandoned_threads")).Value);
            Assert.Equal(Backend.Isolation == Isolation.Process, Assert.Single(listening.Of("tandem.pool.memory")).Value > 0);
            gate.Open();
            await Task.WhenAll(first, second);
        }

        Assert.Empty(listening.Observe().Of("tandem.pool.workers"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Starts_of_workers_are_counted()
    {
        await using WorkerPool pool = await CreateListenedAsync("starts", workers: 1);
        using var listening = new Listening(NameOf("starts"));
        await pool.RunAsync(static () => 1);
        Assert.Equal(1, Assert.Single(listening.Observe().Of("tandem.pool.events"), static one => Equals(one.Tags["tandem.event"], "started")).Value);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_belongs_to_its_caller_s_trace()
    {
        await using WorkerPool pool = Backend.Create(2);
        using var caller = new Activity("caller") { TraceStateString = "vendor=1" };
        caller.Start();
        string expected = $"{caller.TraceId.ToHexString()} vendor=1";
        Assert.Equal(expected, await pool.RunAsync(static () => Trace()));
        Assert.Equal(expected, await pool.RunAsync(static async () =>
        {
            await Task.Yield();
            return Trace();
        }));
        Assert.All(await pool.MapAsync(Enumerable.Range(0, 50), static _ => Trace()).ToListAsync(), trace => Assert.Equal(expected, trace));
        caller.Stop();
        Assert.DoesNotContain(caller.TraceId.ToHexString(), await pool.RunAsync(static () => Trace()), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_belongs_to_its_caller_s_trace_also_where_no_context_flows()
    {
        await using WorkerPool pool = Backend.Create(1);
        await pool.RunAsync(static () => 1);
        using var caller = new Activity("caller");
        caller.Start();
        Task<string> trace;
        using (ExecutionContext.SuppressFlow())
            trace = pool.RunAsync(static () => Trace());

        Assert.StartsWith(caller.TraceId.ToHexString(), await trace, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_run_of_an_item_is_a_part_of_its_duration()
    {
        await using WorkerPool pool = await CreateListenedAsync("parts");
        using var listening = new Listening(NameOf("parts"));
        await pool.RunAsync(static () => Thread.SpinWait(1000));
        await Eventually.Async(() => listening.Of("tandem.item.run.duration").Length == 1);
        double whole = Assert.Single(listening.Of("tandem.item.duration")).Value;
        double run = Assert.Single(listening.Of("tandem.item.run.duration")).Value;
        double wait = Assert.Single(listening.Of("tandem.item.wait.duration")).Value;
        Assert.InRange(run, double.Epsilon, whole);
        Assert.Equal(whole, run + wait, precision: 9);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task All_items_are_counted_however_few_are_measured()
    {
        await using WorkerPool pool = await CreateListenedAsync("counts");
        using var meter = new MeterListener();
        int measured = 0;
        meter.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == TandemTelemetry.MeterName && instrument.Name == "tandem.item.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        meter.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (Equals(tag.Value, NameOf("counts")))
                    Interlocked.Increment(ref measured);
            }
        });
        meter.Start();
        for (int i = 0; i < 200; i++)
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => pool.RunAsync(static () => 1)));

        using var listening = new Listening(NameOf("counts"));
        // A thread counts its item when it has let go of it, which is after the caller has the result.
        await Eventually.Async(() => Assert.Single(listening.Observe().Of("tandem.pool.items")).Value >= 20_000);
        Assert.Equal(20_000, Assert.Single(listening.Observe().Of("tandem.pool.items")).Value);
        Assert.InRange(Volatile.Read(ref measured), 1, 20_000);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Bytes_that_travel_are_counted()
    {
        await using WorkerPool pool = await CreateListenedAsync("bytes");
        using var listening = new Listening(NameOf("bytes"));
        byte[] sent = new byte[10_000];
        await pool.RunAsync(() => new byte[sent.Length * 2]);
        (double Value, Dictionary<string, object?> Tags)[] io = listening.Observe().Of("tandem.pool.io");
        bool travels = Backend.Isolation == Isolation.Process;
        Assert.Equal(travels, Assert.Single(io, static one => Equals(one.Tags["network.io.direction"], "transmit")).Value is > 10_000 and < 12_000);
        Assert.Equal(travels, Assert.Single(io, static one => Equals(one.Tags["network.io.direction"], "receive")).Value is > 20_000 and < 22_000);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Crashes_and_recycling_are_counted_by_reason()
    {
        Assert.SkipUnless(Backend.CanKill, "A thread cannot be killed.");
        string name = NameOf("reasons");
        await using WorkerPool pool = Backend.Create(1, options =>
        {
            options.Name = name;
            options.MaxItemsPerWorker = 1;
            options.RecycleJitter = 0;
        });
        await pool.RunAsync(static () => 1);
        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.Exit(3)));
        await Eventually.Async(() =>
        {
            using var listening = new Listening(name);
            (double Value, Dictionary<string, object?> Tags)[] events = listening.Observe().Of("tandem.pool.events");
            return events.Any(static one => IsOf(one.Tags, "recycled", "items")) && events.Any(static one => IsOf(one.Tags, "crashed", "exit"));
        });

        static bool IsOf(Dictionary<string, object?> tags, string what, string reason) => Equals(tags["tandem.event"], what) && Equals(tags.GetValueOrDefault("tandem.event.reason"), reason);
    }

    private static string Trace() => $"{(Activity.Current is { } activity ? activity.TraceId.ToHexString() : "")} {Activity.Current?.TraceStateString}";

    /// <summary>The instruments come shortly after the process's first worker.</summary>
    private async Task<WorkerPool> CreateListenedAsync(string name, int workers = 2)
    {
        WorkerPool pool = Backend.Create(workers, options =>
        {
            options.Name = NameOf(name);
            options.StartEagerly = true;
        });
        await Eventually.Async(static () => Instruments.Present is not null);
        return pool;
    }

    /// <summary>Other backends' tests run beside.</summary>
    private string NameOf(string what) => $"{what} {Backend.Isolation} {Backend.Transport}";
}
