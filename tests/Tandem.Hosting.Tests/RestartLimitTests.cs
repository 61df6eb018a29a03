namespace Tandem.Hosting.Tests;

/// <summary>How many restarts a supervisor allows. In time that the test makes.</summary>
public sealed class RestartLimitTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    [Fact]
    public void As_many_restarts_as_the_limit_says_are_allowed_in_a_period()
    {
        var limit = new RestartLimit(3, 10 * Second, _time);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(limit.TryCount());
            _time.Advance(3 * Second);
        }

        Assert.False(limit.TryCount());
        _time.Advance(1 * Second); // the first one was a period ago
        Assert.True(limit.TryCount());
        Assert.False(limit.TryCount());
    }

    [Fact]
    public void Restarts_that_are_far_apart_are_allowed_for_ever()
    {
        var limit = new RestartLimit(1, 10 * Second, _time);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(limit.TryCount());
            _time.Advance(10 * Second);
        }
    }

    [Fact]
    public void A_refused_restart_does_not_count()
    {
        var limit = new RestartLimit(1, 10 * Second, _time);
        Assert.True(limit.TryCount());
        _time.Advance(9 * Second);
        Assert.False(limit.TryCount());
        _time.Advance(1 * Second);
        Assert.True(limit.TryCount());
    }

    [Fact]
    public void A_limit_of_none_allows_none()
    {
        var limit = new RestartLimit(0, 10 * Second, _time);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(limit.TryCount());
    }
}
