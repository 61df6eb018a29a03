using Tandem.Serve.Protocol;
using Tandem.Serve.Workers;

namespace Tandem.Serve.Tests;

/// <summary>When a worker counts as hanging. In time that the test makes.</summary>
public sealed class HangPolicyTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();

    public HangPolicyTests() => _time.Advance(TimeSpan.FromHours(1));

    [Fact]
    public void A_worker_that_publishes_within_the_limit_does_not_hang()
    {
        BoardEntry entry = Running();
        _time.Advance(Limit);
        Assert.Null(Describe(entry));
    }

    [Fact]
    public void A_process_that_does_not_run_hangs_after_the_limit()
    {
        BoardEntry entry = Running();
        _time.Advance(Limit + TimeSpan.FromSeconds(2));
        Assert.Equal("its process has not run for 12.0 s", Describe(entry));
    }

    [Fact]
    public void A_thread_pool_that_serves_nothing_hangs_although_the_process_runs()
    {
        BoardEntry entry = Running();
        _time.Advance(Limit + TimeSpan.FromSeconds(1));
        entry.AliveAt = _time.GetMilliseconds();
        Assert.Equal("its thread pool has served nothing for 11.0 s", Describe(entry));
    }

    [Fact]
    public void A_thread_pool_that_serves_something_now_and_then_hangs_after_it_was_starved_for_the_limit()
    {
        BoardEntry entry = Running();
        entry.StarvedSince = _time.GetMilliseconds();
        _time.Advance(Limit);
        entry.AliveAt = entry.PoolServedAt = _time.GetMilliseconds();
        Assert.Null(Describe(entry));

        _time.Advance(TimeSpan.FromSeconds(1));
        entry.AliveAt = entry.PoolServedAt = _time.GetMilliseconds();
        Assert.StartsWith("its thread pool is starved: ", Describe(entry), StringComparison.Ordinal);
        entry.StarvedSince = 0;
        Assert.Null(Describe(entry));
    }

    [Theory]
    [InlineData((int)WebWorkerState.Starting)]
    [InlineData((int)WebWorkerState.Ready)]
    [InlineData((int)WebWorkerState.Draining)]
    public void A_worker_that_does_not_serve_does_not_hang(int state)
    {
        BoardEntry entry = Running();
        entry.State = state;
        _time.Advance(100 * Limit);
        Assert.Null(Describe(entry));
    }

    [Fact]
    public void Without_a_limit_no_worker_hangs()
    {
        BoardEntry entry = Running();
        _time.Advance(100 * Limit);
        Assert.Null(new HangPolicy(TimeSpan.Zero, _time).Describe(in entry));
    }

    [Fact]
    public void After_the_supervisor_itself_did_not_run_hangs_count_again_when_the_workers_have_had_as_many_turns()
    {
        var guard = new FreezeGuard(_time);
        for (int i = 0; i < 100; i++)
            Assert.True(Turn(guard, ServeProtocol.Beat));

        Assert.True(Turn(guard, FreezeGuard.Turns * ServeProtocol.Beat)); // a slow machine is no freeze
        Assert.False(Turn(guard, TimeSpan.FromMinutes(1)));
        for (int i = 1; i < FreezeGuard.Turns; i++)
            Assert.False(Turn(guard, ServeProtocol.Beat));

        Assert.True(Turn(guard, ServeProtocol.Beat));
    }

    private bool Turn(FreezeGuard guard, TimeSpan time)
    {
        _time.Advance(time);
        return guard.OnTurn();
    }

    private string? Describe(in BoardEntry entry) => new HangPolicy(Limit, _time).Describe(in entry);

    private BoardEntry Running() => new()
    {
        State = (long)WebWorkerState.Accepting,
        AliveAt = _time.GetMilliseconds(),
        PoolServedAt = _time.GetMilliseconds(),
    };
}
