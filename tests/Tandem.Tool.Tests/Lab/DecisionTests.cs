using CsCheck;
using Tandem.Tool.Lab.Deciding;

namespace Tandem.Tool.Tests.Lab;

/// <summary>Verdicts, from rounds that were made up: of an idle machine, of a busy one, and with figures that cannot be.</summary>
public sealed class DecisionTests
{
    private const double Quiet = 0.02;
    private const double Busy = 0.48;

    private static readonly LabClaim Dearer = new RatioClaim("processes cost more", "processes", "threads", 1.05);
    private static readonly LabClaim Lost = new SeenClaim("updates get lost", "lost", double.Epsilon);
    private static readonly LabClaim Left = new SameClaim("one item is lost", "left", 99) { NeedsQuiet = false };

    [Theory]
    [InlineData(1.3, LabVerdict.Holds)]
    [InlineData(1.0, LabVerdict.DoesNotHold)]
    [InlineData(0.5, LabVerdict.DoesNotHold)]
    public void On_an_idle_machine_intervals_decide(double factor, object verdict) =>
        Assert.Equal(verdict, Decide([Dearer], Times(5, Quiet, factor, spread: 0.005)).Verdict);

    [Fact]
    public void Rounds_that_differ_too_much_decide_nothing_and_say_so()
    {
        LabDecision decision = Decide([Dearer], Times(5, Quiet, 1.1, spread: 0.5));

        Assert.Equal(LabVerdict.TooBusy, decision.Verdict);
        Assert.Contains("the rounds differ too much", decision.Reason, StringComparison.Ordinal);
    }

    /// <summary>However clear they look: a switch that waits for another program's turn costs a hundred times as much, each time.</summary>
    [Fact]
    public void Times_of_a_busy_machine_decide_nothing_and_the_reason_has_the_figure() =>
        Gen.Select(Gen.Double[0.01, 100], Gen.Int[3, 12]).Sample(static (factor, count) =>
        {
            LabDecision decision = Decide([Dearer], Times(count, Busy, factor, spread: 0));
            return decision.Verdict == LabVerdict.TooBusy
                && decision.Reason == $"other programs took 48 % of the processors in {count} of {count} rounds"
                && decision.Noise.Disturbed == count;
        });

    [Fact]
    public void Disturbed_rounds_do_not_count_beside_quiet_ones()
    {
        LabRound[] rounds = [.. Times(3, Busy, 20, spread: 0.9), .. Times(4, Quiet, 1.0, spread: 0.005)];

        LabDecision decision = Decide([Dearer], rounds);

        Assert.Equal(LabVerdict.DoesNotHold, decision.Verdict);
        Assert.Equal(new LabNoise(7, 3, Quiet, Busy, Busy), decision.Noise);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1e-6)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Figures_that_cannot_be_do_not_count(double impossible)
    {
        LabRound[] wrong = [.. Enumerable.Range(0, 3).Select(_ => Round(Quiet, ("threads", 1), ("processes", impossible)))];

        LabDecision none = Decide([Dearer], [.. wrong, .. Times(2, Quiet, 2, spread: 0)]);
        LabDecision enough = Decide([Dearer], [.. wrong, .. Times(3, Quiet, 2, spread: 0.01)]);

        Assert.Equal(LabVerdict.TooBusy, none.Verdict);
        Assert.Equal("3 rounds gave impossible figures", none.Reason);
        Assert.Equal(LabVerdict.Holds, enough.Verdict);
    }

    [Fact]
    public void Where_nobody_knows_what_others_took_intervals_decide_alone() =>
        Assert.Equal(LabVerdict.Holds, Decide([Dearer], Times(5, null, 2, spread: 0.01)).Verdict);

    [Theory]
    [InlineData(Quiet, 0.0, LabVerdict.DoesNotHold)]
    [InlineData(Quiet, 0.3, LabVerdict.Holds)]
    [InlineData(Busy, 0.3, LabVerdict.Holds)]
    [InlineData(Busy, 0.0, LabVerdict.TooBusy)]
    public void What_was_seen_once_is_proved_and_that_it_was_not_only_on_a_quiet_machine(double others, double lost, object verdict)
    {
        LabRound[] rounds = [Round(others, ("lost", 0)), Round(others, ("lost", lost)), Round(others, ("lost", 0))];

        Assert.Equal(verdict, Decide([Lost], rounds).Verdict);
    }

    [Theory]
    [InlineData(99, 99, LabVerdict.Holds)]
    [InlineData(99, 98, LabVerdict.TooBusy)]
    [InlineData(98, 98, LabVerdict.DoesNotHold)]
    public void What_is_counted_holds_on_a_busy_machine_too(double first, double second, object verdict) =>
        Assert.Equal(verdict, Decide([Left], Round(Busy, ("left", first)), Round(Busy, ("left", second))).Verdict);

    [Fact]
    public void The_whole_holds_if_all_parts_do_and_one_that_does_not_decides()
    {
        LabRound[] busy = [.. Enumerable.Range(0, 3).Select(_ => Round(Busy, ("threads", 1), ("processes", 9), ("lost", 1), ("left", 99)))];
        LabRound[] wrong = [.. Enumerable.Range(0, 3).Select(_ => Round(Busy, ("threads", 1), ("processes", 9), ("lost", 1), ("left", 50)))];

        Assert.Equal(LabVerdict.Holds, Decide([Lost, Left], busy).Verdict);
        Assert.Equal(LabVerdict.TooBusy, Decide([Lost, Left, Dearer], busy).Verdict);
        LabDecision failed = Decide([Lost, Left, Dearer], wrong);
        Assert.Equal(LabVerdict.DoesNotHold, failed.Verdict);
        Assert.Null(failed.Reason);
        Assert.Equal([LabVerdict.Holds, LabVerdict.DoesNotHold, LabVerdict.TooBusy], failed.Findings.Select(static finding => finding.Verdict));
    }

    [Fact]
    public void A_busy_machine_never_turns_a_verdict_round() =>
        Gen.Select(Gen.Double[0.2, 5], Gen.Double[0.01, 100], Gen.Int[0, 5], Gen.Int[0, 8]).Sample(static (real, seen, quiet, disturbed) =>
        {
            LabVerdict idle = Decide([Dearer], Times(5, Quiet, real, spread: 0.001)).Verdict;
            LabVerdict busy = Decide([Dearer], [.. Times(quiet, Quiet, real, spread: 0.001), .. Times(disturbed, Busy, seen, spread: 0.5)]).Verdict;
            return busy == LabVerdict.TooBusy || busy == idle;
        });

    [Fact]
    public void There_are_more_rounds_while_they_decide_nothing_but_not_for_ever()
    {
        LabRounds clear = new([Dearer], Times(5, Quiet, 2, spread: 0.01)), unclear = new([Dearer], Times(5, Quiet, 1.1, spread: 0.5));

        Assert.False(new LabRounds([Dearer], Times(4, Quiet, 2, spread: 0.01)).IsEnough(5, TimeSpan.Zero));
        Assert.True(clear.IsEnough(5, TimeSpan.Zero));
        Assert.False(unclear.IsEnough(5, TimeSpan.Zero));
        Assert.True(new LabRounds([Dearer], Times(10, Quiet, 1.1, spread: 0.5)).IsEnough(5, TimeSpan.Zero));
    }

    [Fact]
    public void There_are_no_more_rounds_where_all_are_disturbed_unless_that_does_not_matter()
    {
        Assert.False(new LabRounds([Dearer], Times(2, Busy, 2, spread: 0)).IsEnough(5, TimeSpan.Zero));
        Assert.True(new LabRounds([Dearer], Times(3, Busy, 2, spread: 0)).IsEnough(5, TimeSpan.Zero));
        Assert.False(new LabRounds([Dearer], [.. Times(3, Busy, 2, spread: 0), .. Times(2, Quiet, 2, spread: 0.01)]).IsEnough(5, TimeSpan.Zero));
        Assert.False(new LabRounds([Left], [.. Enumerable.Range(0, 3).Select(_ => Round(Busy, ("left", 99)))]).IsEnough(4, TimeSpan.Zero));
    }

    [Fact]
    public void Rounds_end_when_they_take_too_long_sooner_where_all_are_disturbed()
    {
        LabRound[] busy = Times(1, Busy, 2, spread: 0), quiet = Times(1, Quiet, 2, spread: 0);
        bool IsEnough(LabRound[] rounds, int seconds) => new LabRounds([Dearer], rounds).IsEnough(5, TimeSpan.FromSeconds(seconds));

        Assert.False(IsEnough(busy, 5));
        Assert.True(IsEnough(busy, 20));
        Assert.False(IsEnough(quiet, 20));
        Assert.True(IsEnough(quiet, 60));
        Assert.False(IsEnough([], 60));
    }

    [Fact]
    public void A_difference_that_is_no_larger_than_its_noise_is_not_told()
    {
        LabRounds rounds = new(
            [],
            [.. new[] { -2.0, 4, 0, 1, 3 }.Zip([10.0, 11, 9, 10, 10]).Select(static pair => Round(Quiet, ("noise", pair.First), ("clear", pair.Second)))]);

        Assert.Null(rounds.Clear("noise"));
        Assert.Equal(10, rounds.Clear("clear"));
    }

    [Fact]
    public void Figures_come_from_quiet_rounds_where_there_are_any()
    {
        LabRound[] busy = [Round(Busy, ("time", 100)), Round(Busy, ("time", 200))];

        Assert.Equal(150, new LabRounds([], busy).Median("time"));
        Assert.Equal(1, new LabRounds([], [.. busy, Round(Quiet, ("time", 1))]).Median("time"));
    }

    [Fact]
    public void What_others_did_is_said_once_for_all_parts()
    {
        LabRound[] rounds = [.. Times(3, Busy, 2, spread: 0), Round(0.6, ("lost", 0))];

        LabDecision decision = Decide([Dearer, Lost], rounds);

        Assert.Equal("other programs took 48 % of the processors in 4 of 4 rounds", decision.Reason);
        Assert.All(decision.Findings, static finding => Assert.True(finding.IsOthersFault));
    }

    private static LabDecision Decide(LabClaim[] claims, params LabRound[] rounds) => LabDecision.Of(claims, rounds);

    private static LabRound Round(double? others, params (string Name, double Value)[] figures) =>
        new(others, figures.ToDictionary(static figure => figure.Name, static figure => figure.Value));

    /// <summary>Rounds in which processes cost a factor of what threads do, with that spread up and down from one to the next.</summary>
    private static LabRound[] Times(int count, double? others, double factor, double spread) =>
    [
        .. Enumerable.Range(0, count).Select(number => Round(others, ("threads", 1 + number), ("processes", (1 + number) * factor * (1 + (spread * ((number % 3) - 1)))))),
    ];
}
