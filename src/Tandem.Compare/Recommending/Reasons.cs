using System.Globalization;
using Tandem.Compare.Statistics;

namespace Tandem.Compare.Recommending;

/// <summary>
/// Writes the reasons for and against the choice. Each sentence contains its figures, and differences that do not matter are omitted.
/// </summary>
internal static class Reasons
{
    /// <param name="measured">All configurations that could be measured.</param>
    /// <param name="choice">The recommended configuration.</param>
    /// <param name="champions">The representative of each model, the fastest first.</param>
    /// <param name="tied">Those of them that tie for the best.</param>
    /// <param name="computingShare">The share of its time in which the work computes.</param>
    /// <param name="minimumDifference">Smaller differences are ignored.</param>
    internal static IEnumerable<string> Of(
        ConfigurationResult[] measured,
        ConfigurationResult choice,
        ConfigurationResult[] champions,
        ConfigurationResult[] tied,
        double computingShare,
        double minimumDifference)
    {
        yield return $"{Nature(computingShare)} {Scaling(measured, choice, minimumDifference)}".TrimEnd();

        // The fastest of the others is the reader's most likely alternative.
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

        ConfigurationResult? unlike = Array.Find(
            champions, result => result.BlastRadius is { } other && other.EndsProgram != choice.BlastRadius?.EndsProgram);
        if (unlike is not null)
            yield return $"One worker killed with {unlike.Configuration.Name}: {unlike.BlastRadius!.Description}";

        if (choice.FailedItems > 0)
        {
            yield return $"{Amount.Of(choice.FailedItems, "item")} failed with {choice.Configuration.Name}; "
                + "throughput counts only the others.";
        }
    }

    private static string Nature(double computingShare) => computingShare < 0.5
        ? $"The work waits: it computes for {FigureText.Share(computingShare)} of its time, so more items than processors can run at once."
        : "The work computes.";

    private static string Scaling(ConfigurationResult[] measured, ConfigurationResult choice, double minimumDifference)
    {
        if (choice.Configuration.Slots == 1)
        {
            ConfigurationResult? more = measured
                .Where(result => result.Configuration.Model == choice.Configuration.Model && result != choice)
                .MaxBy(static result => result.Throughput);
            return more is null
                ? ""
                : $"More workers do not help: {more.Configuration.Name} do {Times(more, choice)} of {choice.Configuration.Name}.";
        }

        ConfigurationResult? alone = Array.Find(
                measured, result => result.Configuration.Slots == 1 && result.Configuration.Model == choice.Configuration.Model)
            ?? Array.Find(measured, static result => result.Configuration.Slots == 1);
        if (alone is null)
            return "";

        Ratio ratio = Recommender.Compare(choice, alone);
        string figures = $"{Recommender.Capital(choice.Configuration.Name)} do {Times(ratio.Value)}x "
            + $"of {alone.Configuration.Name} ({FigureText.Interval(ratio)})";
        if (!ratio.IsTie(minimumDifference))
            return $"{figures}.";
        if (Recommender.Beats(choice, alone, minimumDifference))
            return $"{figures}: likely a gain, though the noise is too large to be sure.";

        // Even so, a single worker is not the choice if yet another configuration is faster than it.
        ConfigurationResult? faster = measured
            .Where(result => result.Configuration.Model == choice.Configuration.Model
                && Recommender.Beats(result, alone, minimumDifference))
            .MinBy(static result => result.Configuration.Slots);
        return faster is null
            ? $"{figures}, which is no gain."
            : $"{figures}, {faster.Configuration.Name} {Times(faster, alone)} of it; these two do not differ by more than the noise.";
    }

    private static string Preference(ConfigurationResult choice, ConfigurationResult[] tied) =>
        choice.Configuration.Model == WorkerModel.Threads
            ? "If all are equal, threads have the lowest cost. "
                + "Choose processes anyway if a crash, a leak or a hang must not affect the rest of the program."
            : $"Among {Recommender.Models(tied.Select(static result => result.Configuration.Model))}, "
                + "fewer processes have a lower cost; with more processes, a crash loses less.";

    private static string Times(ConfigurationResult one, ConfigurationResult other) => $"{Times(Recommender.Compare(one, other).Value)}x";

    private static string Times(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
