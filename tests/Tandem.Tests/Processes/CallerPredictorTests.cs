using System.Diagnostics;
using Tandem.Processes;

namespace Tandem.Tests.Processes;

public sealed class CallerPredictorTests
{
    private const long AtOnce = 0;
    private static readonly long AfterAnAnswer = Stopwatch.Frequency / 1000;

    private readonly CallerPredictor _predictor = new();

    [Fact]
    public void Callers_poll_for_their_answers_except_for_one_in_a_period() =>
        Assert.Equal(2, Enumerable.Range(0, 2 * CallerPredictor.Period).Count(_ => !_predictor.ShouldPoll()));

    [Fact]
    public void A_caller_that_comes_back_at_once_does_not_poll()
    {
        _predictor.OnReturn(AtOnce, hasWoken: false);
        Assert.All(Enumerable.Range(0, 10 * CallerPredictor.Period), _ => Assert.False(_predictor.ShouldPoll()));
    }

    [Fact]
    public void Callers_poll_again_when_they_seem_to_wait_several_times()
    {
        _predictor.OnReturn(AtOnce, hasWoken: false);
        for (int i = 1; i < CallerPredictor.Patience; i++)
        {
            _predictor.OnReturn(AfterAnAnswer, hasWoken: false);
            Assert.False(_predictor.ShouldPoll());
        }

        _predictor.OnReturn(AfterAnAnswer, hasWoken: false);
        Assert.True(_predictor.ShouldPoll());
    }

    [Fact]
    public void One_pause_among_many_calls_is_no_waiting()
    {
        for (int i = 0; i < 100; i++)
        {
            _predictor.OnReturn(i % CallerPredictor.Patience == 1 ? AfterAnAnswer : AtOnce, hasWoken: false);
            Assert.False(_predictor.ShouldPoll());
        }
    }

    /// <summary>The woken worker may have answered on the caller's processor before the caller left.</summary>
    [Fact]
    public void A_call_that_comes_at_once_after_one_that_woke_the_worker_says_nothing()
    {
        _predictor.OnReturn(AtOnce, hasWoken: true);
        Assert.True(_predictor.ShouldPoll());
    }

    [Fact]
    public void Callers_that_wait_for_sleeping_workers_poll_again_too()
    {
        _predictor.OnReturn(AtOnce, hasWoken: false);
        for (int i = 0; i < CallerPredictor.Patience; i++)
        {
            Assert.False(_predictor.ShouldPoll());
            _predictor.OnReturn(AtOnce, hasWoken: true);
            _predictor.OnReturn(AfterAnAnswer, hasWoken: true);
        }

        Assert.True(_predictor.ShouldPoll());
    }
}
