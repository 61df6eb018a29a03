using System.Diagnostics;
using Tandem.Processes;

namespace Tandem.Tests.Policies;

/// <summary>How long a caller polls for its own result, by how long items have taken.</summary>
public sealed class DispatcherTests
{
    private static readonly long Microsecond = Stopwatch.Frequency / 1_000_000;

    private readonly Dispatcher _dispatcher = new(concurrency: 1, sendsAhead: true);

    [Fact]
    public void A_caller_does_not_poll_for_a_worker_that_sleeps_before_anything_is_known() => Assert.Equal(0, _dispatcher.PollMicroseconds(asleep: true));

    [Fact]
    public void A_caller_polls_longer_than_a_wake_up_takes_when_the_last_item_was_short()
    {
        _dispatcher.Measure(10 * Microsecond, 1);

        Assert.Equal(250, _dispatcher.PollMicroseconds(asleep: true));
    }

    [Fact]
    public void One_long_item_ends_the_polling_at_once()
    {
        for (int i = 0; i < 100; i++)
            _dispatcher.Measure(10 * Microsecond, 1);

        _dispatcher.Measure(1000 * Microsecond, 1);

        Assert.Equal(0, _dispatcher.PollMicroseconds(asleep: true));
    }

    [Fact]
    public void The_elements_of_a_chunk_count_one_by_one()
    {
        _dispatcher.Measure(1000 * Microsecond, 100);

        Assert.Equal(250, _dispatcher.PollMicroseconds(asleep: true));
    }

    [Fact]
    public void A_worker_that_is_awake_is_polled_briefly_whatever_its_items_take()
    {
        _dispatcher.Measure(1_000_000 * Microsecond, 1);

        Assert.Equal(6, _dispatcher.PollMicroseconds(asleep: false));
    }
}
