using Tandem.Supervision;

namespace Tandem.Tests.Processes;

/// <summary>How long the next start of a worker waits, by what happened to those before. In time that the test makes.</summary>
public sealed class RestartBudgetTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    [Fact]
    public void Kills_from_outside_never_delay_a_start_by_more_than_a_second_and_never_use_up_the_limit()
    {
        RestartBudget budget = Create(1);

        // A kill every 50 ms for ten minutes.
        for (int i = 0; i < 12_000; i++)
        {
            TimeSpan delay = budget.OnKilled(inUserCode: i % 3 == 0, out bool isFailure);
            Assert.False(isFailure);
            Assert.InRange(delay, TimeSpan.Zero, Second);
            Assert.False(budget.IsSpent);
            Assert.Equal(0, budget.InARow);
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }
    }

    [Fact]
    public void A_burst_of_kills_delays_nothing()
    {
        RestartBudget budget = Create(3);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal(TimeSpan.Zero, budget.OnKilled(inUserCode: false, out bool _)));
    }

    [Fact]
    public void A_storm_of_kills_that_does_not_pass_is_answered_by_fewer_starts()
    {
        RestartBudget budget = Create(3);
        for (int i = 0; i < 20; i++)
            budget.OnKilled(inUserCode: false, out _);

        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(Second, budget.OnKilled(inUserCode: false, out _));
        budget.OnReady();
        Assert.Equal(TimeSpan.Zero, budget.OnKilled(inUserCode: false, out _));
    }

    [Fact]
    public void Code_whose_process_is_killed_again_and_again_and_nowhere_else_counts_as_failed()
    {
        RestartBudget budget = Create(3);
        int excused = 0;
        while (true)
        {
            budget.OnKilled(inUserCode: true, out bool isFailure);
            if (isFailure)
                break;

            Assert.InRange(++excused, 1, 50);
        }

        Assert.Equal(1, budget.InARow);
        budget.OnKilled(inUserCode: false, out bool other);
        Assert.False(other);
        budget.OnKilled(inUserCode: true, out other);
        Assert.False(other);
    }

    [Fact]
    public void Failed_starts_back_off_up_to_the_limit_and_then_one_is_tried_in_each_period()
    {
        RestartBudget budget = Create(4);

        TimeSpan[] delays = [.. Enumerable.Range(0, 4).Select(_ => budget.OnFailed())];

        Assert.Equal([TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(400), Period], delays);
        Assert.True(budget.IsSpent);
        _time.Advance(Period);
        Assert.Equal(Period, budget.OnFailed());
        budget.OnReady();
        _time.Advance(Period);
        Assert.Equal(TimeSpan.FromMilliseconds(100), budget.OnFailed());
        Assert.False(budget.IsSpent);
    }

    [Fact]
    public void Kills_between_failed_starts_neither_hide_them_nor_count_as_such()
    {
        RestartBudget budget = Create(3);
        for (int i = 0; i < 2; i++)
        {
            budget.OnFailed();
            for (int k = 0; k < 50; k++)
                Assert.InRange(budget.OnKilled(inUserCode: false, out _), TimeSpan.Zero, Second);
        }

        Assert.False(budget.IsSpent);
        budget.OnFailed();
        Assert.True(budget.IsSpent);
    }

    private RestartBudget Create(int limit) => new(limit, Period, _time);
}
