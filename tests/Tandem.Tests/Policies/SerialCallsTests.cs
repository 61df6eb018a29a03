using System.Diagnostics;
using Tandem.Work;

namespace Tandem.Tests.Policies;

/// <summary>Which callers wait for their answer inside the call.</summary>
public sealed class SerialCallsTests
{
    private static readonly long Microsecond = Stopwatch.Frequency / 1_000_000;

    private readonly SerialCalls _calls = new(static () => true);

    [Fact]
    public void Calls_are_long_if_the_last_two_were()
    {
        _calls.Measure(200 * Microsecond);
        Assert.False(_calls.AreLong);

        _calls.Measure(200 * Microsecond);
        Assert.True(_calls.AreLong);

        _calls.Measure(1 * Microsecond);
        Assert.False(_calls.AreLong);
    }

    [Fact]
    public void A_caller_that_waits_for_each_answer_waits_inside_the_call_after_some_calls()
    {
        MakeLong();
        bool[] waits = [.. Enumerable.Range(0, 100).Select(_ => CallAndAnswer())];

        Assert.All(waits.Take(SerialCalls.Evidence), Assert.False);
        Assert.Contains(true, waits);
    }

    [Fact]
    public void One_call_in_each_period_does_not_wait()
    {
        MakeLong();
        for (int i = 0; i < SerialCalls.Evidence; i++)
            CallAndAnswer();

        bool[] waits = [.. Enumerable.Range(0, 10 * SerialCalls.Period).Select(_ => CallAndAnswer())];

        Assert.Equal(10, waits.Count(static wait => !wait));
    }

    [Fact]
    public void A_caller_that_submits_several_calls_at_once_soon_waits_for_none()
    {
        MakeLong();
        for (int i = 0; i < 100; i++)
            CallAndAnswer();

        // A call that waits has its answer when it returns. The others have none before all calls were submitted.
        List<LongCall> open = [];
        int waited = 0;
        for (int i = 0; i < 100; i++)
        {
            LongCall call = _calls.OnCall();
            if (call.HasWaiter)
            {
                waited++;
                call.OnCompleted();
            }
            else
            {
                open.Add(call);
            }
        }

        Assert.InRange(waited, 0, SerialCalls.Period);
        open.ForEach(static call => call.OnCompleted());
        Assert.False(CallAndAnswer());
    }

    [Fact]
    public void Nobody_waits_for_calls_of_more_than_fifteen_milliseconds()
    {
        _calls.Measure(16_000 * Microsecond);
        _calls.Measure(16_000 * Microsecond);

        Assert.DoesNotContain(true, Enumerable.Range(0, 100).Select(_ => CallAndAnswer()));
    }

    [Fact]
    public void Nobody_waits_where_a_thread_must_not()
    {
        var calls = new SerialCalls(static () => false);
        calls.Measure(200 * Microsecond);
        calls.Measure(200 * Microsecond);
        for (int i = 0; i < 100; i++)
        {
            LongCall call = calls.OnCall();
            Assert.False(call.HasWaiter);
            call.OnCompleted();
        }
    }

    private void MakeLong()
    {
        _calls.Measure(200 * Microsecond);
        _calls.Measure(200 * Microsecond);
    }

    private bool CallAndAnswer()
    {
        LongCall call = _calls.OnCall();
        bool waits = call.HasWaiter;
        call.OnCompleted();
        return waits;
    }
}
