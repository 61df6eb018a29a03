namespace Tandem.Compare.Statistics;

/// <summary>Statistics of a few values.</summary>
internal static class Series
{
    /// <summary>The median; 0 if there are no values.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length == 0 ? 0 : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    internal static long Median(IEnumerable<long> values) => (long)Median(values.Select(static value => (double)value));

    internal static TimeSpan Median(IEnumerable<TimeSpan> values) => TimeSpan.FromTicks(Median(values.Select(static value => value.Ticks)));

    internal static double GeometricMean(IReadOnlyCollection<double> values) =>
        values.Count == 0 ? 0 : Math.Exp(values.Average(static value => Math.Log(value)));
}
