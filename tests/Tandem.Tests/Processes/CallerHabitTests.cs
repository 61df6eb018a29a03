using System.Diagnostics;
using Tandem.Processes;

namespace Tandem.Tests.Processes;

public sealed class CallerHabitTests
{
    private const long AtOnce = 0;
    private static readonly long AfterAnAnswer = Stopwatch.Frequency / 1000;

    private readonly CallerHabit _habit = new();

    [Fact]
    public void Callers_poll_for_their_answers_except_for_one_in_a_period() =>
        Assert.Equal(2, Enumerable.Range(0, 2 * CallerHabit.Period).Count(_ => !_habit.Polls()));

    [Fact]
    public void A_caller_that_comes_back_at_once_does_not_poll()
    {
        _habit.OnReturn(AtOnce, hasWoken: false);
        Assert.All(Enumerable.Range(0, 10 * CallerHabit.Period), _ => Assert.False(_habit.Polls()));
    }

    [Fact]
    public void Callers_poll_again_when_they_seem_to_wait_several_times()
    {
        _habit.OnReturn(AtOnce, hasWoken: false);
        for (int i = 1; i < CallerHabit.Patience; i++)
        {
            _habit.OnReturn(AfterAnAnswer, hasWoken: false);
            Assert.False(_habit.Polls());
        }

        _habit.OnReturn(AfterAnAnswer, hasWoken: false);
        Assert.True(_habit.Polls());
    }

    [Fact]
    public void One_pause_among_many_calls_is_no_waiting()
    {
        for (int i = 0; i < 100; i++)
        {
            _habit.OnReturn(i % CallerHabit.Patience == 1 ? AfterAnAnswer : AtOnce, hasWoken: false);
            Assert.False(_habit.Polls());
        }
    }

    /// <summary>The woken worker may have answered on the caller's processor before the caller left.</summary>
    [Fact]
    public void A_call_that_comes_at_once_after_one_that_woke_the_worker_says_nothing()
    {
        _habit.OnReturn(AtOnce, hasWoken: true);
        Assert.True(_habit.Polls());
    }

    [Fact]
    public void Callers_that_wait_for_sleeping_workers_poll_again_too()
    {
        _habit.OnReturn(AtOnce, hasWoken: false);
        for (int i = 0; i < CallerHabit.Patience; i++)
        {
            Assert.False(_habit.Polls());
            _habit.OnReturn(AtOnce, hasWoken: true);
            _habit.OnReturn(AfterAnAnswer, hasWoken: true);
        }

        Assert.True(_habit.Polls());
    }
}
