using System.Globalization;
using Tandem.Compare.Statistics;

namespace Tandem.Compare.Recommending;

/// <summary>What speaks for the choice and against it; each sentence names its figures, and there is none for a difference that is nothing.</summary>
internal static class Reasons
{
    internal static IEnumerable<string> Of(
        ConfigurationResult[] measured,
        ConfigurationResult choice,
        ConfigurationResult[] tied,
        ConfigurationResult[] beaten,
        double computingShare,
        double minimumDifference)
    {
        yield return $"{Nature(computingShare)} {Scaling(measured, choice, minimumDifference)}".TrimEnd();

        // What is slower shows best why; among equals, what is most unlike.
        ConfigurationResult? other = beaten.FirstOrDefault() ?? tied.LastOrDefault(result => result != choice);
        if (other is not null)
        {
            foreach (string difference in Differences(choice, other))
                yield return difference;
        }

        if (tied.Length > 1)
            yield return Preference(choice, tied);

        if (choice.BlastRadius is { } radius)
            yield return $"One worker killed with {choice.Configuration.Name}: {radius.Description}";

        if (other?.BlastRadius is { } otherRadius && otherRadius.EndsProgram != choice.BlastRadius?.EndsProgram)
            yield return $"One worker killed with {other.Configuration.Name}: {otherRadius.Description}";

        if (choice.FailedItems > 0)
            yield return $"{Number(choice.FailedItems)} items failed with {choice.Configuration.Name}; throughput counts those that did not.";
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
        return $"{Recommender.Capital(choice.Configuration.Name)} do {Times(ratio.Value)}x of {alone.Configuration.Name} ({Figures.Interval(ratio)})"
            + (ratio.IsTie(minimumDifference) ? ", which is no gain." : ".");
    }

    private static IEnumerable<string> Differences(ConfigurationResult choice, ConfigurationResult other)
    {
        string one = choice.Configuration.Name, two = other.Configuration.Name;
        if (Math.Abs(choice.Collections.PauseShare - other.Collections.PauseShare) >= 0.02)
        {
            string verb = choice.Collections.PauseShare < other.Collections.PauseShare ? "fall" : "rise";
            yield return $"GC pauses {verb} from {Figures.Share(other.Collections.PauseShare)} of the workers' time with {two} to "
                + $"{Figures.Share(choice.Collections.PauseShare)} with {one} "
                + $"({Number(other.Collections.Count)} and {Number(choice.Collections.Count)} collections in a run).";
        }

        if (Differs(choice.ProcessorTimePerItem.TotalSeconds, other.ProcessorTimePerItem.TotalSeconds, 1.1))
        {
            yield return $"An item costs {Figures.Time(choice.ProcessorTimePerItem)} of processor time with {one}, "
                + $"{Figures.Time(other.ProcessorTimePerItem)} with {two}.";
        }

        if (Differs(Switches(choice), Switches(other), 1.5) && Math.Max(Switches(choice), Switches(other)) > 100)
        {
            yield return $"Context switches in a run: {Number(choice.VoluntarySwitches)} voluntary and {Number(choice.InvoluntarySwitches)} involuntary "
                + $"with {one}, {Number(other.VoluntarySwitches)} and {Number(other.InvoluntarySwitches)} with {two}.";
        }

        if (Differs(choice.Latency.Percentile99.TotalSeconds, other.Latency.Percentile99.TotalSeconds, 1.25))
        {
            yield return $"99 of 100 items took no longer than {Figures.Time(choice.Latency.Percentile99)} with {one}, "
                + $"{Figures.Time(other.Latency.Percentile99)} with {two} (medians: {Figures.Time(choice.Latency.Median)} and {Figures.Time(other.Latency.Median)}).";
        }

        if (Differs(choice.Memory.Private, other.Memory.Private, 1.1))
            yield return $"Private memory: {Figures.Bytes(choice.Memory.Private)} with {one}, {Figures.Bytes(other.Memory.Private)} with {two}.";

        if (Math.Abs((choice.StartTime - other.StartTime).TotalMilliseconds) > 5)
            yield return $"The pool starts in {Figures.Time(choice.StartTime)} with {one}, {Figures.Time(other.StartTime)} with {two}.";
    }

    private static string Preference(ConfigurationResult choice, ConfigurationResult[] tied) => choice.Configuration.Model == WorkerModel.Threads
        ? "Among equals threads cost least. Choose processes all the same where a crash, a leak or a hang must not take the rest of the program along."
        : $"Among {Recommender.Models(tied.Select(static result => result.Configuration.Model))}, fewer processes cost less; more of them lose less when one crashes.";

    private static long Switches(ConfigurationResult result) => result.VoluntarySwitches + result.InvoluntarySwitches;

    private static bool Differs(double one, double other, double times) =>
        Math.Max(one, other) > 0 && Math.Max(one, other) >= times * Math.Min(one, other);

    private static string Times(ConfigurationResult one, ConfigurationResult other) => $"{Times(Recommender.Compare(one, other).Value)}x";

    private static string Times(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
