using CsCheck;
using Tandem.Compare.Statistics;

namespace Tandem.Tool.Tests.Compare;

public sealed class RatioTests
{
    private const double Least = 0.05;

    private static readonly Gen<double[]> Figures = Gen.Double[1, 1000].Array[2, 12];

    [Fact]
    public void The_same_figures_are_a_tie() => Figures.Sample(figures =>
    {
        Ratio ratio = Ratio.Of(figures, figures);
        return ratio.Value == 1 && ratio.IsTie(Least);
    });

    [Fact]
    public void A_factor_that_each_round_shows_is_found_whatever_the_rounds_are_like() =>
        Gen.Select(Figures, Gen.Double[1.2, 10]).Sample((figures, factor) =>
        {
            Ratio ratio = Ratio.Of([.. figures.Select(figure => figure * factor)], figures);
            return Math.Abs(ratio.Value - factor) < 1e-9 * factor && !ratio.IsTie(Least);
        });

    [Fact]
    public void Two_series_are_as_far_apart_from_either_side() =>
        Gen.Select(Gen.Double[1, 1000], Gen.Double[1, 1000]).Array[2, 12].Sample(static rounds =>
        {
            double[] one = [.. rounds.Select(static round => round.Item1)], other = [.. rounds.Select(static round => round.Item2)];
            Ratio there = Ratio.Of(one, other), back = Ratio.Of(other, one);
            return Math.Abs((there.Value * back.Value) - 1) < 1e-9 && there.IsTie(Least) == back.IsTie(Least);
        });

    [Fact]
    public void The_figure_lies_between_its_bounds() =>
        Gen.Select(Figures, Figures).Sample(static (one, other) =>
        {
            Ratio ratio = Ratio.Of(one, other);
            return ratio.Low <= ratio.Value && ratio.Value <= ratio.High;
        });

    [Fact]
    public void A_difference_below_the_least_that_matters_is_a_tie_however_sure_it_is() =>
        Assert.True(Ratio.Of([102, 102, 102, 102], [100, 100, 100, 100]).IsTie(Least));

    [Fact]
    public void A_difference_smaller_than_the_noise_is_a_tie() =>
        Assert.True(Ratio.Of([150, 90, 130, 80, 120], [100, 100, 100, 100, 100]).IsTie(Least));

    /// <summary>The example of a paired t-test in R: t.test(log(c(12,13,11,14,12)/c(10,11,10,11,10))).</summary>
    [Fact]
    public void The_bounds_are_those_of_Students_t()
    {
        Ratio ratio = Ratio.Of([12, 13, 11, 14, 12], [10, 11, 10, 11, 10]);
        Assert.Equal(1.190, ratio.Value, 0.001);
        Assert.Equal(1.115, ratio.Low, 0.001);
        Assert.Equal(1.269, ratio.High, 0.001);
    }

    [Fact]
    public void A_median_is_in_the_middle() => Figures.Sample(static figures =>
    {
        double median = Series.Median(figures);
        return figures.Count(figure => figure <= median) * 2 >= figures.Length && figures.Count(figure => figure >= median) * 2 >= figures.Length;
    });
}
