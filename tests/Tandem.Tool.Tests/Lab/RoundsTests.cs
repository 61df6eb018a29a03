using System.Runtime.Versioning;
using Tandem.Tool.Lab;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Lab.Experiments;

namespace Tandem.Tool.Tests.Lab;

/// <summary>How an experiment goes through its rounds, on a machine as busy as the test says.</summary>
[SupportedOSPlatform("linux")]
public sealed class RoundsTests
{
    private const int Limit = 300_000;

    private static readonly LabClaim Dearer = new RatioClaim("processes cost more", "processes", "threads", 1.05);

    [Fact(Timeout = Limit)]
    public async Task On_a_quiet_machine_as_many_rounds_are_measured_as_are_wanted()
    {
        LabRounds rounds = await MeasureAsync(static _ => 0.01, static number => 2 + (number * 0.01));

        Assert.Equal(5, rounds.Count);
        Assert.Equal(LabVerdict.Holds, rounds.Decision.Verdict);
        Assert.Equal(0, rounds.Decision.Noise.Disturbed);
    }

    [Fact(Timeout = Limit)]
    public async Task Disturbed_rounds_are_measured_again()
    {
        LabRounds rounds = await MeasureAsync(static number => number < 3 ? 0.01 : number < 6 ? 0.7 : 0.01, static number => number switch { < 2 => 2, 2 => 0, < 6 => 0.1, _ => 2.001 });

        // One gave nothing that can be, three were disturbed: the third good one decides.
        Assert.Equal(7, rounds.Count);
        Assert.Equal(LabVerdict.Holds, rounds.Decision.Verdict);
        Assert.Equal(3, rounds.Decision.Noise.Disturbed);
    }

    [Fact(Timeout = Limit)]
    public async Task On_a_busy_machine_few_rounds_are_enough_to_say_so()
    {
        LabRounds rounds = await MeasureAsync(static _ => 0.7, static _ => 2);

        Assert.Equal(3, rounds.Count);
        Assert.Equal("other programs took 70 % of the processors in 3 of 3 rounds", rounds.Decision.Reason);
    }

    /// <summary>The times are this machine's, so what comes of them is not asserted; but that nobody else is blamed for it.</summary>
    [Fact(Timeout = Limit)]
    public async Task An_experiment_on_a_quiet_machine_decides_by_its_figures()
    {
        LabResult result = await new StartExperiment().RunAsync(Context(static _ => 0.01));

        Assert.Equal(2, result.Decision.Findings.Count);
        Assert.All(result.Decision.Findings, static finding => Assert.False(finding.IsOthersFault));
        Assert.All(result.Decision.Findings, static finding => Assert.Contains("decides", finding.Why, StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task The_same_experiment_on_a_busy_machine_does_not()
    {
        LabResult result = await new StartExperiment().RunAsync(Context(static _ => 0.48));

        Assert.Equal(LabVerdict.TooBusy, result.Decision.Verdict);
        // Three at most; fewer where they take long.
        Assert.Matches(@"^other programs took 48 % of the processors in ([1-3]) of \1 rounds?$", result.Decision.Reason);
    }

    /// <param name="others">What others take of the processors in each round.</param>
    /// <param name="processes">What a process costs in each, where a thread costs 1.</param>
    private static Task<LabRounds> MeasureAsync(Func<int, double> others, Func<int, double> processes) => LabRounds.MeasureAsync(
        Context(others), [Dearer], 5, number => Task.FromResult(new Dictionary<string, double> { ["threads"] = 1, ["processes"] = processes(number) }));

    private static LabContext Context(Func<int, double> others)
    {
        int rounds = 0;
        return new LabContext(IsQuick: true, new Progress<string>(), TestContext.Current.CancellationToken)
        {
            WatchOthers = () =>
            {
                int number = rounds++;
                return () => others(number);
            },
        };
    }
}
