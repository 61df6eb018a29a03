using System.Globalization;
using Tandem.Compare.Statistics;

namespace Tandem.Compare.Recommending;

/// <summary>What speaks for the choice and against it; each sentence names its figures, and there is none for a difference that is nothing.</summary>
internal static class Reasons
{
    /// <param name="measured">All that could be measured.</param>
    /// <param name="choice">What is recommended.</param>
    /// <param name="champions">Of each model its representative, the fastest first.</param>
    /// <param name="tied">Those of them that nothing beats.</param>
    /// <param name="computingShare">How much of its time the work computes.</param>
    /// <param name="minimumDifference">What is less is no difference.</param>
    internal static IEnumerable<string> Of(
        ConfigurationResult[] measured,
        ConfigurationResult choice,
        ConfigurationResult[] champions,
        ConfigurationResult[] tied,
        double computingShare,
        double minimumDifference)
    {
        yield return $"{Nature(computingShare)} {Scaling(measured, choice, minimumDifference)}".TrimEnd();

        // The fastest of the others is what the reader would choose instead.
        ConfigurationResult? rival = Array.Find(champions, result => result != choice);
        if (rival is not null)
        {
            foreach (string difference in Differences.Between(choice, rival))
                yield return difference;
        }

        if (tied.Length > 1)
            yield return Preference(choice, tied);

        if (choice.BlastRadius is { } radius)
            yield return $"One worker killed with {choice.Configuration.Name}: {radius.Description}";

        ConfigurationResult? unlike = Array.Find(champions, result => result.BlastRadius is { } other && other.EndsProgram != choice.BlastRadius?.EndsProgram);
        if (unlike is not null)
            yield return $"One worker killed with {unlike.Configuration.Name}: {unlike.BlastRadius!.Description}";

        if (choice.FailedItems > 0)
            yield return $"{Amount.Of(choice.FailedItems, "item")} failed with {choice.Configuration.Name}; throughput counts those that did not.";
    }

    private static string Nature(double computingShare) => computingShare < 0.5
        ? $"The work waits: it computes {Figures.Share(computingShare)} of its time, so more of it than there are processors can run at once."
        : "The work computes.";

    private static string Scaling(ConfigurationResult[] measured, ConfigurationResult choice, double minimumDifference)
    {
        if (choice.Configuration.Slots == 1)
        {
            ConfigurationResult? more = measured.Where(result => result.Configuration.Model == choice.Configuration.Model && result != choice)
                .MaxBy(static result => result.Throughput);
            return more is null ? "" : $"More workers do not help: {more.Configuration.Name} do {Times(more, choice)} of {choice.Configuration.Name}.";
        }

        ConfigurationResult? alone = Array.Find(measured, result => result.Configuration.Slots == 1 && result.Configuration.Model == choice.Configuration.Model)
            ?? Array.Find(measured, static result => result.Configuration.Slots == 1);
        if (alone is null)
            return "";

        Ratio ratio = Recommender.Compare(choice, alone);
        string figures = $"{Recommender.Capital(choice.Configuration.Name)} do {Times(ratio.Value)}x of {alone.Configuration.Name} ({Figures.Interval(ratio)})";
        if (!ratio.IsTie(minimumDifference))
            return $"{figures}.";
        if (Recommender.Beats(choice, alone, minimumDifference))
            return $"{figures}: likely a gain, though the noise is too large to be sure.";

        // The one alone is no choice all the same where yet another configuration is faster than it.
        ConfigurationResult? faster = measured.Where(result => result.Configuration.Model == choice.Configuration.Model && Recommender.Beats(result, alone, minimumDifference))
            .MinBy(static result => result.Configuration.Slots);
        return faster is null ? $"{figures}, which is no gain." : $"{figures}, {faster.Configuration.Name} {Times(faster, alone)} of it; these two do not differ by more than the noise.";
    }

    private static string Preference(ConfigurationResult choice, ConfigurationResult[] tied) => choice.Configuration.Model == WorkerModel.Threads
        ? "Among equals threads cost least. Choose processes all the same where a crash, a leak or a hang must not take the rest of the program along."
        : $"Among {Recommender.Models(tied.Select(static result => result.Configuration.Model))}, fewer processes cost less; more of them lose less when one crashes.";

    private static string Times(ConfigurationResult one, ConfigurationResult other) => $"{Times(Recommender.Compare(one, other).Value)}x";

    private static string Times(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
