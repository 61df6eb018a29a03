using Tandem.Compare.Measuring;

namespace Tandem.Tool.Tests.Compare;

/// <summary>What other programs take of the processors, from what Linux writes down.</summary>
public sealed class OtherProgramsTests
{
    private static readonly string[] Stat =
    [
        "cpu  1111 1111 1111 1111 1111 1111 1111 1111 0 0",
        "cpu0 100 20 30 4000 500 60 70 8 0 0",
        "cpu1 1 2 3 4 5 6 7 8 0 0",
        "cpu10 1000 0 0 0 0 0 0 0 0 0",
        "intr 12345 1 2 3 4 5 6 7 8 9",
        "ctxt 1",
    ];

    [Fact]
    public void Processors_work_for_programs_and_for_other_machines_but_not_while_they_wait() =>
        Assert.Equal(100 + 20 + 30 + 8, OtherPrograms.Busy(Stat, [0]));

    [Fact]
    public void Only_processors_count_that_this_process_may_use()
    {
        Assert.Equal(158 + 14, OtherPrograms.Busy(Stat, [0, 1]));
        Assert.Equal(1000, OtherPrograms.Busy(Stat, [10]));
        Assert.Equal(0, OtherPrograms.Busy(Stat, [2]));
    }

    [Theory]
    [InlineData("42 (cat) R 7 1 1 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 5 6 7")]
    [InlineData("42 (a) b (c)) S 7 1 1 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 5 6 7")]
    public void A_process_has_its_own_time_and_that_of_children_it_waited_for(string stat) =>
        Assert.Equal((7, 110L), OtherPrograms.Parse(stat));

    [Fact]
    public void Descendants_are_no_others()
    {
        Dictionary<int, (int Parent, long Ticks)> processes = new()
        {
            [1] = (0, 1000),
            [10] = (1, 1),
            [11] = (10, 2),
            [12] = (11, 4),
            [20] = (1, 100),
            // Read at different moments: each the other's parent.
            [30] = (31, 500),
            [31] = (30, 500),
        };

        Assert.Equal(7, OtherPrograms.TicksOf(10, processes));
        Assert.Equal(0, OtherPrograms.TicksOf(99, processes));
    }

    [Fact]
    public void This_machine_tells()
    {
        OtherPrograms? others = OtherPrograms.Begin();

        Assert.NotNull(others);
        Assert.InRange(others.Share(), 0, 1);
    }
}
