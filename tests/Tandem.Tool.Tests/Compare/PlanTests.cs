using Tandem.Compare;
using Tandem.Compare.Measuring;
using Tandem.Compare.Running;

namespace Tandem.Tool.Tests.Compare;

public sealed class PlanTests
{
    [Fact]
    public void That_long_items_take_longer_than_they_may_is_said()
    {
        // Two threads and two processes, each at least four items of 10 s for each that runs at once, on two processors: 40 s for each of three.
        var options = new ComparisonOptions { WorkerCounts = [2], Budget = TimeSpan.FromSeconds(30) };
        Plan plan = Plan.For(options, Items(TimeSpan.FromSeconds(10)), processors: 2);

        Assert.Equal(8, plan.Items);
        Assert.Matches("^It takes 24[0-9] s or more, not 30: a run has at least 4 items", plan.Excess(options));
    }

    [Fact]
    public void What_fits_is_not_mentioned()
    {
        var options = new ComparisonOptions { WorkerCounts = [2], Budget = TimeSpan.FromSeconds(30) };
        Assert.Null(Plan.For(options, Items(TimeSpan.FromMilliseconds(1)), processors: 2).Excess(options));
    }

    private static Calibration Items(TimeSpan time) => new(4, time, ComputingShare: 1, TimeSpan.Zero, Failed: 0, []);
}
