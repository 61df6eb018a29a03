using System.Globalization;
using Tandem.Compare.Statistics;

namespace Tandem.Compare.Recommending;

/// <summary>Describes the differences between two configurations other than throughput, if they matter and are more than noise.</summary>
internal static class Differences
{
    internal static IEnumerable<string> Between(ConfigurationResult choice, ConfigurationResult other)
    {
        string one = choice.Configuration.Name, two = other.Configuration.Name;
        if (PausesDiffer(choice, other, 0.02))
        {
            string verb = choice.Collections.PauseShare < other.Collections.PauseShare ? "fall" : "rise";
            yield return $"GC pauses {verb} from {FigureText.Share(other.Collections.PauseShare)} of the workers' time with {two} to "
                + $"{FigureText.Share(choice.Collections.PauseShare)} with {one} "
                + $"({Number(other.Collections.Count)} and {Number(choice.Collections.Count)} collections in a run).";
        }

        if (Differ(choice, other, static round => round.Processor, 1.1))
        {
            yield return $"An item costs {FigureText.Time(choice.ProcessorTimePerItem)} of processor time with {one}, "
                + $"{FigureText.Time(other.ProcessorTimePerItem)} with {two}.";
        }

        if (Differ(choice, other, static round => round.Switches, 1.5) && Math.Max(Switches(choice), Switches(other)) > 100)
        {
            yield return $"Context switches in a run: {Number(choice.VoluntarySwitches)} voluntary and "
                + $"{Number(choice.InvoluntarySwitches)} involuntary "
                + $"with {one}, {Number(other.VoluntarySwitches)} and {Number(other.InvoluntarySwitches)} with {two}.";
        }

        if (Differ(choice, other, static round => round.Percentile99, 1.25))
        {
            yield return $"99 of 100 items took no longer than {FigureText.Time(choice.Latency.Percentile99)} with {one}, "
                + $"{FigureText.Time(other.Latency.Percentile99)} with {two} "
                + $"(medians: {FigureText.Time(choice.Latency.Median)} and {FigureText.Time(other.Latency.Median)}).";
        }

        if (Differ(choice, other, static round => round.PrivateMemory, 1.1))
        {
            yield return $"Private memory: {FigureText.Bytes(choice.Memory.Private)} with {one}, "
                + $"{FigureText.Bytes(other.Memory.Private)} with {two}.";
        }

        if (Differ(choice, other, static round => round.StartTime, 1.1)
            && Math.Abs((choice.StartTime - other.StartTime).TotalMilliseconds) > 5)
        {
            yield return $"The pool starts in {FigureText.Time(choice.StartTime)} with {one}, "
                + $"{FigureText.Time(other.StartTime)} with {two}.";
        }
    }

    /// <summary>
    /// Whether a figure differs by at least a factor, with certainty: the rounds are compared like those of the throughput.
    /// </summary>
    private static bool Differ(ConfigurationResult one, ConfigurationResult other, Func<RoundFigures, double> figure, double factor)
    {
        double[] Values(ConfigurationResult result) => [.. result.Rounds.Select(round => Math.Max(figure(round), 1e-9))];
        return !Ratio.Of(Values(one), Values(other)).IsTie(factor - 1);
    }

    /// <summary>The same for a share, which may be zero, so that a difference is tested.</summary>
    private static bool PausesDiffer(ConfigurationResult one, ConfigurationResult other, double least)
    {
        (double mean, double half) = Ratio.Interval(
            [.. one.Rounds.Zip(other.Rounds, static (one, other) => one.PauseShare - other.PauseShare)]);
        return Math.Abs(mean) >= least && Math.Abs(mean) > half;
    }

    private static long Switches(ConfigurationResult result) => result.VoluntarySwitches + result.InvoluntarySwitches;

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
