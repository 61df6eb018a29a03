using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Processes;
using Tandem.Work;

namespace Tandem.Tests.Policies;

/// <summary>How long starts wait after failures, and what fails meanwhile. In time that the test makes.</summary>
public sealed class StartFailuresTests : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly ManualTime _time = new();
    private readonly Lock _lock = new();
    private readonly ProcessEngine _engine;
    private readonly WorkerRoster _roster;
    private readonly StartFailures _failures;

    public StartFailuresTests()
    {
        var options = new ProcessPoolOptions
        {
            MaxWorkers = 2,
            MaxRestarts = 2,
            RestartPeriod = Period,
            LoggerFactory = NullLoggerFactory.Instance,
        };
        _engine = new ProcessEngine(options.Validated(), null);
        _roster = new WorkerRoster(_engine.Options, _lock);
        _failures = new StartFailures(_engine, _roster, _lock, _time);
    }

    [Fact]
    public void Nothing_waits_before_a_start_has_failed() => Locked(() =>
    {
        Assert.False(_failures.IsBackingOff);
        Assert.Null(_failures.BackOff);
        Assert.Null(_failures.DescribeWait());
        Assert.Equal(int.MaxValue, _failures.AllowedStarts(starting: 5));
    });

    [Fact(Timeout = Limits.Test)]
    public async Task The_next_start_waits_for_exactly_the_back_off_and_says_until_when()
    {
        var cause = new WorkerStartException("no");
        Locked(() =>
        {
            _failures.OnFailed(0, cause);

            Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMilliseconds(100), _failures.BackOff!.Until);
            Assert.Same(cause, _failures.BackOff.Cause);
            Assert.Contains("1 starts of workers failed in a row", _failures.DescribeWait(), StringComparison.Ordinal);
            Assert.Equal(1, _failures.AllowedStarts(starting: 0));
            Assert.Equal(0, _failures.AllowedStarts(starting: 1));
        });

        _time.Advance(TimeSpan.FromMilliseconds(100) - Tick);
        Locked(() => Assert.True(_failures.IsBackingOff));

        _time.Advance(Tick);
        await Eventually.Async(() => !Locked(() => _failures.IsBackingOff));
        Locked(() => Assert.Null(_failures.BackOff));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task At_the_limit_one_start_is_tried_after_each_period_until_one_succeeds()
    {
        var last = new WorkerStartException("the second");
        Locked(() => _failures.OnFailed(0, new WorkerStartException("the first")));
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await Eventually.Async(() => !Locked(() => _failures.IsBackingOff));
        Locked(() =>
        {
            Assert.Null(_failures.LimitReached);
            _failures.OnFailed(0, last);
            Assert.Same(last, _failures.LimitReached);
            Assert.Equal(0, _roster.Wanted);
        });

        _time.Advance(Period);
        await Eventually.Async(() => !Locked(() => _failures.IsBackingOff));
        Locked(() =>
        {
            Assert.Equal(1, _roster.Wanted);
            Assert.Same(last, _failures.LimitReached);
            _failures.OnReady();
            Assert.Null(_failures.LimitReached);
            Assert.Equal(int.MaxValue, _failures.AllowedStarts(starting: 1));
        });
    }

    [Fact]
    public void A_kill_from_outside_is_no_failure_and_delays_nothing() => Locked(() =>
    {
        _roster.Wanted = 2;
        _failures.OnFailed(1, new WorkerStartException("killed"), EndedBy.Outside);

        Assert.False(_failures.IsBackingOff);
        Assert.Equal(2, _roster.Wanted);
    });

    [Fact]
    public void While_the_pool_ends_nothing_is_delayed() => Locked(() =>
    {
        _roster.BeginStop();
        _failures.OnFailed(0, new WorkerStartException("no"));

        Assert.False(_failures.IsBackingOff);
    });

    public async ValueTask DisposeAsync() => await _engine.StopAsync(StopMode.Abort);

    private void Locked(Action action)
    {
        lock (_lock)
            action();
    }

    private T Locked<T>(Func<T> action)
    {
        lock (_lock)
            return action();
    }
}
