using System.Diagnostics;
using Tandem.Interop;
using Tandem.Processes;

namespace Tandem.Tests.Policies;

/// <summary>What the last look at a worker's memory says about what it held when it ended.</summary>
public sealed class MemoryLookTests
{
    private static readonly ExitStatus Unknown = new(null, 11);
    private static readonly long PageSize = Environment.SystemPageSize;

    [Theory]
    [InlineData(60, 39, false)]
    [InlineData(60, 40, true)]
    [InlineData(100, 0, true)]
    [InlineData(0, 100, true)]
    public void Pages_that_were_touched_since_count(int held, int touched, bool reached)
    {
        var look = new MemoryLook(0, held * PageSize, PageFaults: 1000);
        Assert.Equal(reached, look.MayHaveReached(100 * PageSize, Unknown with { PageFaults = 1000 + touched }, TimeSpan.MaxValue));
    }

    [Theory]
    [InlineData(49, 1000, false)]
    [InlineData(50, 1000, true)]
    [InlineData(1, 0, true)]
    public void If_they_are_not_known_only_a_recent_look_that_saw_little_speaks_against_it(int held, int recentSeconds, bool reached)
    {
        var look = new MemoryLook(Stopwatch.GetTimestamp() - 1, held * PageSize, PageFaults: 0);
        Assert.Equal(reached, look.MayHaveReached(100 * PageSize, Unknown, TimeSpan.FromSeconds(recentSeconds)));
    }

    [Fact]
    public void A_process_that_has_ended_cannot_be_looked_at()
    {
        Assert.Null(MemoryLook.At(int.MaxValue));
        Assert.True(MemoryLook.At(Environment.ProcessId)!.Held > 0);
    }
}
