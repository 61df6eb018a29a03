using System.Diagnostics;
using Tandem.Compare.Measuring;

namespace Tandem.Tool.Tests.Compare;

/// <summary>Whether work computes or waits, from what was read of a second of it. All in milliseconds.</summary>
public sealed class MomentTests
{
    [Theory]
    [InlineData(1000, 0, 0, 1000, 1.0)]
    [InlineData(20, 0, 0, 20, 0.02)]
    // What was compiled meanwhile is not the work's.
    [InlineData(500, 400, 0, 500, 0.1)]
    // Others had the processor for half of the time, in which the work was ready.
    [InlineData(500, 0, 500, 2000, 1.0)]
    // Threads of its own that waited for each other were not kept by anybody.
    [InlineData(100, 0, 900, 100, 0.1)]
    [InlineData(100, 0, 900, 600, 0.2)]
    // More threads than one.
    [InlineData(1500, 0, 0, 1500, 1.0)]
    [InlineData(0, 10, 0, 0, 0.0)]
    public void The_share_that_computes_leaves_out_what_is_not_the_works_own(double processor, double compiling, double delay, double busy, double share)
    {
        var begin = new Moment(Stopwatch.GetTimestamp(), Milliseconds(3), Milliseconds(4), Milliseconds(5), Milliseconds(6));
        var end = new Moment(
            begin.Timestamp + Stopwatch.Frequency, Milliseconds(3 + processor), Milliseconds(4 + compiling), Milliseconds(5 + delay), Milliseconds(6 + busy));
        Assert.Equal(share, end.ComputingSince(begin), 3);
    }

    [Fact]
    public void A_moment_tells_of_a_machine_that_is_busier_than_this_process()
    {
        var now = Moment.Now();
        Assert.InRange(now.Busy, TimeSpan.FromTicks(1), TimeSpan.MaxValue);
        Assert.InRange(now.Processor, TimeSpan.FromTicks(1), TimeSpan.MaxValue);
    }

    private static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
