namespace Tandem.Bench.Harness;

/// <summary>The one statistic that is reported: outliers of a shared machine leave it alone.</summary>
internal static class Statistics
{
    internal static double Median(List<double> values) => Median(values.ToArray());

    /// <summary>Sorts <paramref name="values"/> in place.</summary>
    internal static double Median(double[] values)
    {
        if (values.Length == 0)
            return double.NaN;

        Array.Sort(values);
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
