using CsCheck;
using Tandem.Serve.Workers;

namespace Tandem.Serve.Tests;

/// <summary>When there are to be more workers, or fewer. In time that the test makes.</summary>
public sealed class ScalePolicyTests
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan DownAfter = TimeSpan.FromSeconds(2);

    private readonly ManualTime _time = new();

    [Fact]
    public void Requests_that_wait_for_threads_bring_half_as_many_workers_more_within_a_second_up_to_the_bound()
    {
        ScalePolicy policy = Create(1, 10);
        List<int> numbers = [1];
        for (int i = 0; i < 100; i++)
        {
            if (Step(policy, Waiting(numbers[^1])) is { } decision)
                numbers.Add(decision.Workers);
            else if (i == 4)
                Assert.Equal(2, numbers.Count); // a second has passed
        }

        Assert.Equal([1, 2, 3, 4, 6, 9, 10], numbers);
        Assert.Contains("the maximum number of workers is reached", policy.State, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reason_tells_what_was_measured()
    {
        ScalePolicy policy = Create(1, 10);
        ScaleDecision? decision = null;
        while (decision is null)
            decision = Step(policy, Waiting(3) with { LongestWait = TimeSpan.FromMilliseconds(420), Blocked = 2 });

        Assert.Equal("work has waited for the thread pool, 420 ms now, and the pools' threads are blocked in 2 of 3 workers", decision.Reason);
    }

    [Fact]
    public void Requests_that_wait_for_processors_bring_no_workers()
    {
        ScalePolicy policy = Create(1, 10);
        for (int i = 0; i < 1000; i++)
            Assert.Null(Step(policy, Waiting(2) with { Workers = 1, Accepting = 1, Blocked = 0, ConnectionsWait = true, Requests = 100 }));

        Assert.Contains("would compete for the same processors", policy.State, StringComparison.Ordinal);
    }

    [Fact]
    public void Connections_that_nobody_takes_count_as_well_where_threads_are_blocked()
    {
        ScalePolicy policy = Create(1, 2);
        ScaleSample sample = Quiet(1) with { ConnectionsWait = true };
        for (int i = 0; i < 10; i++)
            Assert.Null(Step(policy, sample));

        bool isDecided = false;
        for (int i = 0; i < 10; i++)
            isDecided |= Step(policy, sample with { Blocked = 1 }) is { Workers: 2 };
        Assert.True(isDecided);
    }

    [Fact]
    public void One_worker_of_four_in_which_work_waits_is_no_need_for_more()
    {
        ScalePolicy policy = Create(1, 10);
        for (int i = 0; i < 20; i++)
            Assert.Null(Step(policy, Quiet(4) with { Waiting = 1, Blocked = 1 }));
    }

    [Fact]
    public void A_wait_now_and_then_changes_nothing()
    {
        ScalePolicy policy = Create(1, 10);
        for (int i = 0; i < 1000; i++)
            Assert.Null(Step(policy, i % 2 == 0 ? Waiting(3) : Quiet(3) with { Requests = 100 }));
    }

    [Fact]
    public void Quiet_ends_one_worker_after_the_other_down_to_the_bound()
    {
        ScalePolicy policy = Create(2, 10);
        int workers = 4;
        List<double> changes = [];
        for (int i = 0; i < 400; i++)
        {
            if (Step(policy, Quiet(workers)) is not { } decision)
                continue;

            changes.Add(i * Look.TotalSeconds);
            Assert.Equal(workers - 1, decision.Workers);
            workers = decision.Workers;
        }

        Assert.Equal(2, workers);
        Assert.Equal(2, changes.Count);
        Assert.True(changes[0] >= DownAfter.TotalSeconds && changes[1] - changes[0] >= DownAfter.TotalSeconds);
    }

    [Fact]
    public void Workers_that_start_or_are_gone_are_waited_for_first()
    {
        ScalePolicy policy = Create(1, 10);
        for (int i = 0; i < 100; i++)
            Assert.Null(Step(policy, Waiting(3) with { Accepting = 2, Waiting = 2, Blocked = 2 }));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(9, 6)]
    public void A_number_that_is_left_from_other_bounds_is_put_right(int workers, int expected)
    {
        ScalePolicy policy = Create(2, 6);
        Assert.Equal(expected, Step(policy, Quiet(workers))?.Workers);
    }

    [Fact]
    public void What_nobody_looked_at_is_neither_quiet_nor_waiting()
    {
        ScalePolicy policy = Create(1, 10);
        Step(policy, Waiting(2));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(policy.Evaluate(Waiting(2)));
        policy.Restart();
        Step(policy, Quiet(2));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(policy.Evaluate(Quiet(2)));
    }

    [Fact]
    public void After_a_restart_all_begins_anew()
    {
        ScalePolicy policy = Create(1, 10);
        for (int i = 0; i < 100; i++)
        {
            Assert.Null(Step(policy, Waiting(2)));
            Assert.Null(Step(policy, Waiting(2)));
            policy.Restart(); // a reload is under way
        }
    }

    [Fact]
    public void Another_version_is_trusted_with_what_was_too_much_for_the_former_one()
    {
        ScalePolicy policy = Create(1, 10);
        int workers = Run(policy, 1, demand: 35, perWorker: 10, looks: 4000).Last();
        Assert.Equal(4, workers);
        policy.Forget();
        List<int> after = Run(policy, 4, demand: 35, perWorker: 20, looks: 4000);
        Assert.Equal(2, after.Last());
    }

    /// <summary>A load of so many requests at once, of which each worker has threads for some: it waits where they are too few.</summary>
    [Fact]
    public void The_same_load_leads_to_enough_workers_within_the_bounds_and_leaves_them_there() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[1, 30], Gen.Int[1, 300], Gen.Int[1, 20], Gen.Int[1, 40]).Sample(static (min, more, demand, perWorker, start) =>
        {
            int max = min + more;
            var tests = new ScalePolicyTests();
            ScalePolicy policy = tests.Create(min, max);
            start = Math.Clamp(start, min, max);
            int looks = 60 * (int)(DownAfter / Look);
            List<int> numbers = tests.Run(policy, start, demand, perWorker, looks);
            Assert.All(numbers, number => Assert.InRange(number, min, max));
            int enough = Math.Min(max, (demand + perWorker - 1) / perWorker);
            Assert.True(numbers.Last() >= enough, $"{numbers.Last()} of {enough}");

            // Nothing changes any more, as long as what was too much is known.
            List<int> later = tests.Run(policy, numbers.Last(), demand, perWorker, looks);
            Assert.Equal([numbers.Last()], later);
        });

    [Fact]
    public void What_was_too_much_once_is_tried_again_ever_more_rarely()
    {
        ScalePolicy policy = Create(1, 10);
        int looks = (int)(TimeSpan.FromHours(1) / Look);
        List<int> hour = Run(policy, 1, demand: 35, perWorker: 10, looks);
        List<int> day = Run(policy, hour.Last(), demand: 35, perWorker: 10, 24 * looks);
        Assert.InRange(hour.Count, 4, 16);
        Assert.InRange(day.Count, 4, 24 * 4 / 4 * 3); // once in some hours: fewer, more, and fewer again
    }

    [Fact]
    public void A_load_that_comes_and_goes_is_followed_up_and_down() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[2, 20], Gen.Int[1, 10]).Sample(static (min, more, perWorker) =>
        {
            int max = min + more;
            var tests = new ScalePolicyTests();
            ScalePolicy policy = tests.Create(min, max);
            int looks = 60 * (int)(DownAfter / Look);
            int high = tests.Run(policy, min, max * perWorker, perWorker, looks).Last();
            int low = tests.Run(policy, high, 0, perWorker, looks).Last();
            int again = tests.Run(policy, low, max * perWorker, perWorker, looks).Last();
            Assert.Equal((max, min, max), (high, low, again));
        });

    [Fact]
    public void Whatever_it_is_shown_it_stays_within_the_bounds_and_gives_up_one_worker_at_a_time() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[1, 30], Gen.Select(Gen.Bool, Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[0, 1000], Gen.Int[0, 5000]).Array[0, 500]).Sample(static (min, more, shown) =>
        {
            int max = min + more, workers = min;
            var tests = new ScalePolicyTests();
            ScalePolicy policy = tests.Create(min, max);
            foreach ((bool connections, int waiting, int blocked, int requests, int milliseconds) in shown)
            {
                tests._time.Advance(TimeSpan.FromMilliseconds(milliseconds));
                int accepting = Math.Min(workers, waiting + blocked);
                if (policy.Evaluate(new ScaleSample(workers, accepting, Math.Min(waiting, accepting), Math.Min(blocked, accepting), connections, requests, Look)) is not { } decision)
                    continue;

                Assert.InRange(decision.Workers, min, max);
                Assert.NotEqual(workers, decision.Workers);
                Assert.True(decision.Workers >= workers - 1 && decision.Workers <= workers + Math.Max(1, workers / 2));
                workers = decision.Workers;
            }
        });

    private ScalePolicy Create(int min, int max) => new(min, max, DownAfter, _time);

    private ScaleDecision? Step(ScalePolicy policy, ScaleSample sample)
    {
        _time.Advance(Look);
        return policy.Evaluate(sample);
    }

    /// <summary>How many workers there are, one number for each change.</summary>
    private List<int> Run(ScalePolicy policy, int workers, int demand, int perWorker, int looks)
    {
        List<int> numbers = [workers];
        for (int i = 0; i < looks; i++)
        {
            int room = numbers[^1] * perWorker;
            ScaleSample sample = demand > room ? Waiting(numbers[^1]) with { Requests = room } : Quiet(numbers[^1]) with { Requests = demand };
            if (Step(policy, sample) is { } decision)
                numbers.Add(decision.Workers);
        }

        return numbers;
    }

    private static ScaleSample Waiting(int workers) => new(workers, workers, workers, workers, ConnectionsWait: false, workers, TimeSpan.FromMilliseconds(300));

    private static ScaleSample Quiet(int workers) => new(workers, workers, 0, 0, ConnectionsWait: false, 0, TimeSpan.Zero);
}
