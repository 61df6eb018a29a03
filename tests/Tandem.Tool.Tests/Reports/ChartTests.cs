using CsCheck;
using Tandem.Compare.Recommending;
using Tandem.Tool.Compare;
using Tandem.Tool.Reports;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests.Reports;

public sealed class ChartTests
{
    [Fact]
    public void A_linear_scale_has_room_for_the_greatest_value() => Gen.Double[1e-9, 1e12].Sample(static most =>
    {
        Scale scale = Scale.Linear(most, 0, 100);
        return scale.Ticks[0] == 0 && scale.Ticks[^1] >= most * (1 - 1e-9) && scale.Ticks.Length is >= 2 and <= 7 && scale[most] is >= 0 and <= 100;
    });

    [Fact]
    public void A_logarithmic_scale_keeps_the_order() => Gen.Select(Gen.Double[1e-6, 1e6], Gen.Double[1e-6, 1e6]).Sample(static (one, other) =>
    {
        Scale scale = Scale.Logarithmic(Math.Min(one, other), Math.Max(one, other), 0, 100);
        return one.CompareTo(other) == scale[one].CompareTo(scale[other]) || Math.Abs(one - other) < 1e-9 * one;
    });

    [Fact]
    public void What_users_name_cannot_break_the_page()
    {
        var results = new[] { Results.Threads(2, 10, 10, 10), Results.Processes(2, 9, 10, 11) };
        string page = ComparisonReport.Create(Results.Whole(Recommender.Recommend(results, 0.05, 1), results), "<script>alert(1)</script>");
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(5, page.Split("<svg ").Length - 1);
    }
}
