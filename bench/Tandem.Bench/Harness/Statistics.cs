namespace Tandem.Bench.Harness;

/// <summary>Nearly all that is reported are medians: outliers of a shared machine leave them alone.</summary>
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

    /// <summary>The value that 99 of 100 do not exceed. Sorts <paramref name="values"/> in place.</summary>
    internal static double Percentile99(double[] values)
    {
        Array.Sort(values);
        return values[Math.Min(values.Length - 1, values.Length * 99 / 100)];
    }
}
