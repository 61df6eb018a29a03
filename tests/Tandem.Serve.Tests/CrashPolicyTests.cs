using Tandem.Serve.Workers;

namespace Tandem.Serve.Tests;

/// <summary>How long the next start of a worker waits after a crash, and when that is a crash loop. In time that the test makes.</summary>
public sealed class CrashPolicyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    [InlineData(60)]
    [InlineData(100)]
    public void A_worker_that_crashes_every_so_many_seconds_for_ever_backs_off_and_is_in_a_crash_loop(int seconds)
    {
        CrashPolicy policy = Create();
        TimeSpan age = seconds * Second;
        var delays = new List<TimeSpan>();
        for (int i = 0; i < 20; i++)
        {
            policy.OnReady();
            _time.Advance(age);
            delays.Add(policy.OnEnded(age, wasKilled: false));
            _time.Advance(delays[^1]);
        }

        Assert.All(delays[..4], static delay => Assert.Equal(TimeSpan.Zero, delay));
        Assert.True(delays[4] > TimeSpan.Zero);
        Assert.True(policy.IsCrashLoop);
        Assert.StartsWith("crash loop: ", policy.Describe(), StringComparison.Ordinal);
        Assert.All(delays, delay => Assert.InRange(delay, TimeSpan.Zero, age < Period ? age : Period)); // it serves for half of the time at least
        if (seconds <= 10)
            Assert.Equal(age, delays[^1]);
    }

    [Fact]
    public void A_worker_that_starts_and_crashes_young_for_ever_backs_off_to_one_start_in_a_period()
    {
        CrashPolicy policy = Create();
        TimeSpan delay = default;
        for (int i = 0; i < 30; i++)
        {
            policy.OnReady();
            _time.Advance(3 * Second);
            delay = policy.OnEnded(3 * Second, wasKilled: false);
            _time.Advance(delay);
        }

        Assert.Equal(Period, delay);
        Assert.True(policy.IsCrashLoop);
    }

    [Fact]
    public void A_worker_that_cannot_start_is_in_a_crash_loop_from_the_limit_on()
    {
        CrashPolicy policy = Create();
        for (int i = 0; i < 4; i++)
            policy.OnFailedStart(wasKilled: false);
        Assert.Null(policy.Describe());

        Assert.Equal(Period, policy.OnFailedStart(wasKilled: false));
        Assert.True(policy.IsCrashLoop);
    }

    [Fact]
    public void Crashes_that_are_far_apart_delay_nothing()
    {
        CrashPolicy policy = Create();
        for (int i = 0; i < 100; i++)
        {
            TimeSpan age = TimeSpan.FromMinutes(5);
            _time.Advance(age);
            Assert.Equal(TimeSpan.Zero, policy.OnEnded(age, wasKilled: false));
            Assert.False(policy.IsCrashLoop);
        }
    }

    [Fact]
    public void Kills_from_outside_are_no_crash_loop()
    {
        CrashPolicy policy = Create();
        for (int i = 0; i < 1000; i++)
        {
            _time.Advance(10 * Second);
            Assert.Equal(TimeSpan.Zero, policy.OnEnded(10 * Second, wasKilled: true));
        }

        Assert.False(policy.IsCrashLoop);
    }

    [Fact]
    public void A_crash_loop_is_over_when_the_worker_runs_on_or_another_version_serves()
    {
        CrashPolicy policy = Create();
        CrashALot(policy);
        _time.Advance(20 * Period);
        Assert.False(policy.IsCrashLoop);
        Assert.Equal(TimeSpan.Zero, policy.OnEnded(20 * Period, wasKilled: false));

        CrashALot(policy);
        policy.Clear();
        Assert.False(policy.IsCrashLoop);
        Assert.Equal(TimeSpan.Zero, policy.OnEnded(10 * Second, wasKilled: false));
    }

    private void CrashALot(CrashPolicy policy)
    {
        for (int i = 0; i < 5; i++)
        {
            _time.Advance(10 * Second);
            policy.OnEnded(10 * Second, wasKilled: false);
        }

        Assert.True(policy.IsCrashLoop);
    }

    private CrashPolicy Create() =>
        new(new ServeOptions { Command = ["app.dll"], RestartLimit = 5, RestartPeriod = Period, MinUptime = 5 * Second }, _time);
}
