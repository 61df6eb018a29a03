using Tandem.Events;
using Tandem.Supervision;

namespace Tandem.Tests.Policies;

/// <summary>When a worker is due to be replaced. In time that the test makes.</summary>
public sealed class RecyclingTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Without_limits_there_is_nothing_to_ask() => Assert.Null(Recycling.Create(new WorkerPoolOptions(), _time));

    [Fact]
    public void A_worker_is_due_after_the_items_that_it_may_run()
    {
        Recycling recycling = Create(new WorkerPoolOptions { MaxItemsPerWorker = 10, RecycleJitter = 0 });

        Assert.Null(recycling.Reason(Environment.ProcessId, 9, out _, out _));
        Assert.Equal(EventReason.Items, recycling.Reason(Environment.ProcessId, 10, out string detail, out bool isUrgent));
        Assert.Equal("It has run 10 items.", detail);
        Assert.False(isUrgent);
    }

    [Fact]
    public void A_worker_is_due_at_the_age_that_it_may_reach()
    {
        Recycling recycling = Create(new WorkerPoolOptions { MaxWorkerAge = TimeSpan.FromHours(1), RecycleJitter = 0 });

        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.Null(recycling.Reason(Environment.ProcessId, 0, out _, out _));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(EventReason.Age, recycling.Reason(Environment.ProcessId, 0, out string detail, out bool isUrgent));
        Assert.Equal("It is 3600 s old.", detail);
        Assert.False(isUrgent);
    }

    [Fact]
    public void A_worker_that_holds_too_much_memory_takes_no_other_item()
    {
        Recycling recycling = Create(new WorkerPoolOptions { MaxWorkerMemory = 1 << 20, RecycleJitter = 0 });

        Assert.Equal(EventReason.Memory, recycling.Reason(Environment.ProcessId, 0, out _, out bool isUrgent));
        Assert.True(isUrgent);
    }

    [Fact]
    public void Jitter_spreads_the_limits_below_their_values_only()
    {
        var due = new HashSet<long>();
        for (int worker = 0; worker < 200; worker++)
        {
            Recycling recycling = Create(new WorkerPoolOptions { MaxItemsPerWorker = 1000, RecycleJitter = 0.5 });
            long items = 1;
            while (recycling.Reason(Environment.ProcessId, items, out _, out _) is null)
                items++;

            Assert.InRange(items, 500, 1000);
            due.Add(items);
        }

        Assert.True(due.Count > 1, "all workers are due at once");
    }

    private Recycling Create(WorkerPoolOptions options) => Recycling.Create(options, _time)!;
}
