namespace Tandem.Compare.Statistics;

/// <summary>The two-sided 95% quantiles of Student's t distribution.</summary>
internal static class StudentT
{
    private static readonly double[] Quantiles =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101,
        2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    /// <summary>The quantile for the mean of a number of values; infinite for a single value.</summary>
    internal static double For(int values) =>
        values < 2 ? double.PositiveInfinity : Quantiles[Math.Min(values - 2, Quantiles.Length - 1)];
}
