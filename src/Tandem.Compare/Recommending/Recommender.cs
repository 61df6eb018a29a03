using System.Globalization;
using Tandem.Compare.Statistics;

namespace Tandem.Compare.Recommending;

/// <summary>
/// Chooses by throughput: each model is represented by its smallest configuration that no other configuration of the model beats, and
/// models are compared by these.
/// </summary>
internal static class Recommender
{
    internal static Recommendation Recommend(IReadOnlyList<ConfigurationResult> results, double minimumDifference, double computingShare)
    {
        ConfigurationResult[] measured = [.. results.Where(static result => result.Failure is null)];
        ConfigurationResult[] champions =
        [
            .. measured.GroupBy(static result => result.Configuration.Model)
                .Select(model => Champion([.. model], minimumDifference))
                .OrderByDescending(Mean),
        ];
        ConfigurationResult first = champions[0];
        ConfigurationResult[] tied = [.. champions.Where(other => other == first || Compare(first, other).IsTie(minimumDifference))];
        ConfigurationResult[] beaten = [.. champions.Except(tied)];
        // If several tie, choose the one with the lowest cost: no processes, or else fewer processes.
        ConfigurationResult choice = tied.OrderBy(static result => result.Configuration.Model switch
        {
            WorkerModel.Threads => 0,
            WorkerModel.ProcessesTimesThreads => 1,
            _ => 2,
        }).First();

        string headline = Headline(tied, beaten, choice, first);
        List<string> reasons = [.. Reasons.Of(measured, choice, champions, tied, computingShare, minimumDifference)];
        reasons.AddRange(results.Where(static result => result.Failure is not null)
            .Select(static result => $"{Capital(result.Configuration.Name)} could not run this work: {result.Failure}"));
        return new Recommendation
        {
            IsTie = tied.Length > 1,
            Best = [.. tied.Select(static result => result.Configuration.Model).Order()],
            Configuration = choice.Configuration,
            Headline = headline,
            Reasons = reasons,
            Code = choice.Configuration.ToCode(),
        };
    }

    internal static Ratio Compare(ConfigurationResult one, ConfigurationResult other) =>
        Ratio.Of(one.ThroughputByRound, other.ThroughputByRound);

    /// <summary>
    /// Whether one configuration is preferred to another one with fewer workers: it is faster with certainty, or by so much that noise is
    /// the less likely reason.
    /// </summary>
    internal static bool Beats(ConfigurationResult one, ConfigurationResult other, double minimumDifference) =>
        Compare(one, other) is var ratio && ratio.Value > 1
        && (ratio.Value > 1 + (3 * minimumDifference) || !ratio.IsTie(minimumDifference));

    internal static string Models(IEnumerable<WorkerModel> models)
    {
        string[] names = [.. models.Order().Select(Name)];
        return names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }

    internal static string Name(WorkerModel model) => model switch
    {
        WorkerModel.Threads => "threads",
        WorkerModel.Processes => "processes",
        _ => "processes × threads",
    };

    internal static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>
    /// The configuration with the fewest workers that no other one of its model beats. A configuration does not count as equal if it is not
    /// beaten only because of much noise.
    /// </summary>
    private static ConfigurationResult Champion(ConfigurationResult[] results, double minimumDifference)
    {
        return results.Where(result => !results.Any(other => Beats(other, result, minimumDifference)))
            .MinBy(static result => result.Configuration.Slots)!;
    }

    private static double Mean(ConfigurationResult result) => Series.GeometricMean([.. result.ThroughputByRound]);

    private static string Headline(
        ConfigurationResult[] tied, ConfigurationResult[] beaten, ConfigurationResult choice, ConfigurationResult first)
    {
        if (tied.Length == 1 && beaten.Length == 0)
            return $"Only {Name(choice.Configuration.Model)} could run this work.";

        if (tied.Length == 1)
        {
            Ratio ratio = Compare(choice, beaten[0]);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{Capital(Name(choice.Configuration.Model))} win by {ratio.Value:0.00}x over {Name(beaten[0].Configuration.Model)} "
                    + $"({FigureText.Interval(ratio)}): "
                    + $"{choice.Configuration.Name}, {FigureText.Rate(choice.Throughput)}.");
        }

        IEnumerable<string> pairs = tied.Where(result => result != choice).Select(result =>
        {
            Ratio ratio = Compare(result, choice);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Configuration.Name} to {choice.Configuration.Name} is {ratio.Value:0.00}x ({FigureText.Interval(ratio)})");
        });
        string all = beaten.Length == 0 ? "A tie" : $"A tie between {Models(tied.Select(static result => result.Configuration.Model))}";
        string others = beaten.Length == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $" {Capital(Models(beaten.Select(static result => result.Configuration.Model)))} are slower: "
                + $"{first.Configuration.Name} do {Compare(first, beaten[0]).Value:0.00}x of {beaten[0].Configuration.Name}.");
        return $"{all}: the difference is smaller than the noise. {Capital(string.Join("; ", pairs))}.{others}";
    }
}
