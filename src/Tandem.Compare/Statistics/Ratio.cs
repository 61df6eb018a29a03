namespace Tandem.Compare.Statistics;

/// <summary>
/// The ratio of two series of figures, with its 95% confidence interval. Both were measured in the same rounds, so each round gives one
/// ratio, in which disturbances of the whole round cancel out. The interval uses the mean of the logarithms and Student's t: Georges,
/// Buytaert and Eeckhout, "Statistically Rigorous Java Performance Evaluation" (2007); each run is in a new process, as in Kalibera and
/// Jones, "Rigorous Benchmarking in Reasonable Time" (2013).
/// </summary>
internal readonly record struct Ratio(double Value, double Low, double High)
{
    internal static Ratio Of(IReadOnlyList<double> values, IReadOnlyList<double> others)
    {
        int rounds = Math.Min(values.Count, others.Count);
        double[] logs = new double[rounds];
        for (int round = 0; round < rounds; round++)
            logs[round] = Math.Log(values[round] / others[round]);

        (double mean, double half) = Interval(logs);
        return new Ratio(Math.Exp(mean), Math.Exp(mean - half), Math.Exp(mean + half));
    }

    /// <summary>Whether the difference is smaller than the noise, or too small to matter.</summary>
    internal bool IsTie(double minimumDifference) =>
        !(Low > 1 || High < 1) || Math.Abs(Math.Log(Value)) < Math.Log(1 + minimumDifference);

    /// <summary>Whether the ratio reaches a bound.</summary>
    internal Certainty IsAtLeast(double bound) => Low >= bound ? Certainty.Yes : High < bound ? Certainty.No : Certainty.Unclear;

    /// <summary>The mean and half of its 95% confidence interval.</summary>
    internal static (double Mean, double Half) Interval(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            return (0, double.PositiveInfinity);

        double mean = values.Average();
        if (values.Count == 1)
            return (mean, double.PositiveInfinity);

        double variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        return (mean, StudentT.For(values.Count) * Math.Sqrt(variance / values.Count));
    }
}
