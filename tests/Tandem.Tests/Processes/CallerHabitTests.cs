using System.Diagnostics;
using Tandem.Processes;

namespace Tandem.Tests.Processes;

public sealed class CallerHabitTests
{
    private const long AtOnce = 0;
    private static readonly long AfterAnAnswer = Stopwatch.Frequency / 1000;

    private readonly CallerHabit _habit = new();

    [Fact]
    public void Callers_look_for_their_answers_but_for_one_in_a_period() =>
        Assert.Equal(2, Enumerable.Range(0, 2 * CallerHabit.Period).Count(_ => !_habit.Looks()));

    [Fact]
    public void A_caller_that_comes_back_at_once_is_not_made_to_look()
    {
        _habit.OnReturn(AtOnce);
        Assert.All(Enumerable.Range(0, 10 * CallerHabit.Period), _ => Assert.False(_habit.Looks()));
    }

    [Fact]
    public void Callers_look_again_when_they_seem_to_wait_several_times()
    {
        _habit.OnReturn(AtOnce);
        for (int i = 1; i < CallerHabit.Patience; i++)
        {
            _habit.OnReturn(AfterAnAnswer);
            Assert.False(_habit.Looks());
        }

        _habit.OnReturn(AfterAnAnswer);
        Assert.True(_habit.Looks());
    }

    [Fact]
    public void One_pause_among_many_calls_is_no_waiting()
    {
        for (int i = 0; i < 100; i++)
        {
            _habit.OnReturn(i % CallerHabit.Patience == 1 ? AfterAnAnswer : AtOnce);
            Assert.False(_habit.Looks());
        }
    }
}
