using CsCheck;
using Tandem.Compare;
using Tandem.Compare.Recommending;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests.Compare;

public sealed class RecommenderTests
{
    [Fact]
    public void What_is_faster_wins_and_the_reasons_name_their_figures()
    {
        Recommendation recommendation = Recommend(
            Results.Of(new WorkerConfiguration(Isolation.Thread, 2), [100, 101, 99, 100, 100], pauseShare: 0.31),
            Results.Of(new WorkerConfiguration(Isolation.Process, 2), [140, 141, 139, 140, 140], pauseShare: 0.06));

        Assert.False(recommendation.IsTie);
        Assert.Equal([WorkerModel.Processes], recommendation.Best);
        Assert.StartsWith("Processes win by 1.40x over threads", recommendation.Headline, StringComparison.Ordinal);
        const string Pauses = "GC pauses fall from 31% of the workers' time with 2 threads to 6% with 2 processes";
        Assert.Contains(recommendation.Reasons, static reason => reason.StartsWith(Pauses, StringComparison.Ordinal));
        Assert.Equal(
            "var options = new ProcessPoolOptions { MaxWorkers = 2 };\nawait using var pool = WorkerPool.Create(options);",
            recommendation.Code);
    }

    [Fact]
    public void A_tie_is_called_one_and_the_cheaper_model_is_taken()
    {
        Recommendation recommendation = Recommend(
            Results.Threads(2, 100, 90, 110, 100, 95),
            Results.Processes(2, 105, 99, 100, 108, 93));

        Assert.True(recommendation.IsTie);
        Assert.Equal([WorkerModel.Threads, WorkerModel.Processes], recommendation.Best);
        Assert.Equal(Isolation.Thread, recommendation.Configuration.Isolation);
        Assert.StartsWith("A tie: the difference is smaller than the noise.", recommendation.Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_one_models_equals_the_one_with_fewest_workers_is_taken()
    {
        Recommendation recommendation = Recommend(
            Results.Threads(1, 50, 50, 50, 50),
            Results.Threads(2, 100, 101, 99, 100),
            Results.Threads(4, 101, 100, 100, 102));

        Assert.Equal(2, recommendation.Configuration.Workers);
        Assert.Contains(recommendation.Reasons, static reason => reason.Contains("2.00x of 1 thread", StringComparison.Ordinal));
    }

    [Fact]
    public void Reasons_compare_with_the_fastest_of_the_others()
    {
        var radius = new BlastRadius { EndsProgram = true, Description = "all is lost." };
        Recommendation recommendation = Recommend(
            Results.Of(new WorkerConfiguration(Isolation.Thread, 2), [100, 100, 101, 99, 100], pauseShare: 0.2, radius: radius),
            Results.Of(new WorkerConfiguration(Isolation.Process, 2), [102, 101, 103, 100, 102], radius: new BlastRadius { Description = "one is lost." }),
            Results.Of(new WorkerConfiguration(Isolation.Process, 1, 2), [50, 50, 51, 49, 50], pauseShare: 0.5));

        Assert.Equal(Isolation.Thread, recommendation.Configuration.Isolation);
        Assert.Contains(recommendation.Reasons, static reason => reason.StartsWith("GC pauses rise from 0% of the workers' time with 2 processes to 20% with 2 threads", StringComparison.Ordinal));
        Assert.DoesNotContain(recommendation.Reasons, static reason => reason.Contains("1 process × 2 threads", StringComparison.Ordinal));
        Assert.Contains("One worker killed with 2 threads: all is lost.", recommendation.Reasons);
        Assert.Contains("One worker killed with 2 processes: one is lost.", recommendation.Reasons);
    }

    [Theory]
    [InlineData(true, 0.0020, 0.0021, 0.0019, 0.0020, 0.0020)]
    [InlineData(false, 0.0008, 0.0040, 0.0009, 0.0030, 0.0010)]
    public void A_difference_is_a_reason_only_beyond_its_noise(bool isReason, params double[] processor)
    {
        Recommendation recommendation = Recommend(
            Results.Threads(2, 140, 141, 139, 140, 140),
            Results.Of(new WorkerConfiguration(Isolation.Process, 2), [100, 101, 99, 100, 100], processor: processor));

        Assert.Equal(isReason, recommendation.Reasons.Any(static reason => reason.StartsWith("An item costs", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_gain_that_noise_hides_is_called_likely_and_not_none()
    {
        Recommendation recommendation = Recommend(Results.Threads(1, 100, 100, 100), Results.Threads(2, 170, 60, 260));

        Assert.Equal(2, recommendation.Configuration.Workers);
        Assert.Contains("likely a gain, though the noise is too large to be sure", recommendation.Reasons[0], StringComparison.Ordinal);
        Assert.DoesNotContain("no gain", recommendation.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_run_the_work_is_out_and_says_why()
    {
        Recommendation recommendation = Recommend(
            Results.Threads(2, 100, 100, 100),
            Results.Of(new WorkerConfiguration(Isolation.Process, 2), [], failure: "it cannot travel"));

        Assert.Equal("Only threads could run this work.", recommendation.Headline);
        Assert.Contains("2 processes could not run this work: it cannot travel", recommendation.Reasons);
    }

    [Fact]
    public void Nothing_that_is_recommended_is_beaten_by_anything() =>
        Gen.Double[50, 200].Array[5].Array[6].Sample(static rounds =>
        {
            ConfigurationResult[] results =
            [
                Results.Threads(1, rounds[0]), Results.Threads(2, rounds[1]),
                Results.Processes(1, rounds[2]), Results.Processes(2, rounds[3]),
                Results.Of(new WorkerConfiguration(Isolation.Process, 1, 2), rounds[4]),
                Results.Of(new WorkerConfiguration(Isolation.Process, 2, 2), rounds[5]),
            ];
            Recommendation recommendation = Recommend(results);
            ConfigurationResult choice = results.Single(result => result.Configuration == recommendation.Configuration);
            return recommendation.IsTie == (recommendation.Best.Count > 1)
                && recommendation.Best.Contains(choice.Configuration.Model)
                && results.Where(result => result.Configuration.Model == choice.Configuration.Model)
                    .All(result => Recommender.Compare(result, choice) is var ratio && (ratio.Value <= 1 || ratio.IsTie(0.05)));
        });

    [Theory]
    [InlineData(2, false, "1,2,4")]
    [InlineData(2, true, "1,2,4,8,16")]
    [InlineData(6, false, "1,2,4,6,8")]
    [InlineData(1, false, "1,2")]
    public void Worker_counts_go_up_to_the_processors_and_beyond(int processors, bool waits, string expected) =>
        Assert.Equal(expected, string.Join(',', WorkerConfiguration.DefaultCounts(processors, waits)));

    [Fact]
    public void Each_count_is_tried_in_each_model()
    {
        string[] names = [.. WorkerConfiguration.ForCounts([1, 4], processors: 2).Select(static configuration => configuration.Name)];
        Assert.Equal(["1 thread", "1 process", "4 threads", "4 processes", "2 processes × 2 threads"], names);
    }

    private static Recommendation Recommend(params ConfigurationResult[] results) => Recommender.Recommend(results, 0.05, computingShare: 1);
}
