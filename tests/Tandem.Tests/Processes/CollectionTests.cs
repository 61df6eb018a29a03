using System.Globalization;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>
/// Whatever a pool has gone through, the garbage collector gets all of it: what calls held when they are over, though the pool lives on; and the
/// pool itself once it is disposed.
/// </summary>
public sealed class CollectionTests
{
    /// <summary>For eight rounds: a worker that is left behind in each would be more, or the items of each, where they are many.</summary>
    private const long MostGrowth = 128 * 1024;

    /// <summary>Buffers for what goes out stay as large as they were needed, up to 4 MiB each.</summary>
    private const long MostGrowthOfPortable = 512 * 1024;

    public static TheoryData<string, string> Scenarios()
    {
        var cases = new TheoryData<string, string>();
        foreach (string scenario in (string[])
            ["calls", "large", "failures", "cancellation", "queue", "timeouts", "source", "thread-source", "maps", "crashes", "resizes", "sharing", "stop"])
        {
            foreach (string kind in (string[])["threads", "shared-memory", "portable"])
            {
                if (kind != "threads" || scenario != "crashes")
                    cases.Add(scenario, kind);
            }
        }

        return cases;
    }

    [Theory(Timeout = 5 * Limits.Test)]
    [MemberData(nameof(Scenarios))]
    public async Task Rounds_leave_nothing_behind(string scenario, string kind)
    {
        // In a program of its own: what other tests hold here comes and goes.
        using HostProgram program = HostProgram.Start("rounds", kind, scenario);
        string line;
        do
        {
            line = await program.ReadLineAsync(TimeSpan.FromMilliseconds(2 * Limits.Test));
        }
        while (line == "round");

        Assert.True(line.StartsWith("grown ", StringComparison.Ordinal), line);
        string[] grown = line.Split(' ');
        long most = kind == "portable" ? MostGrowthOfPortable : MostGrowth;
        Assert.InRange(long.Parse(grown[1], CultureInfo.InvariantCulture), long.MinValue, most);
        Assert.InRange(long.Parse(grown[2], CultureInfo.InvariantCulture), long.MinValue, most);
    }
}
