using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

public partial class CrashContainment
{
    [Theory(Timeout = Limits.Test)]
    [InlineData(Death.Killed, true)]
    [InlineData(Death.Killed, false)]
    [InlineData(Death.ExitZero, true)]
    [InlineData(Death.StackOverflow, true)]
    public async Task In_the_middle_of_a_map_of_tiny_items(Death death, bool ordered)
    {
        const int Items = 20_000;
        Assert.SkipUnless(ExpectedExit.Deaths.Contains(death), "No process ends like that here.");
        int[] deadly = [0, 17, 11_000, Items - 1];
        await using WorkerPool pool = Backend.Create(2);

        List<WorkResult<int>> results = await pool.MapResultsAsync(
            Enumerable.Range(0, Items),
            i =>
            {
                if (deadly.Contains(i))
                    Infrastructure.Deaths.Die(death);
                return i * 2;
            },
            new MapOptions { Ordered = ordered, Name = "tiny" }).ToListAsync();

        results.Sort(static (a, b) => a.Index.CompareTo(b.Index));
        Assert.Equal(Items, results.Count);
        Assert.Equal(deadly, results.Where(result => !result.Succeeded).Select(result => (int)result.Index));
        Assert.All(results.Where(result => result.Succeeded), result => Assert.Equal(result.Index * 2, result.Value));
        foreach (int i in deadly)
        {
            var crash = Assert.IsType<WorkerCrashedException>(results[i].Error);
            Infrastructure.Deaths.AssertTold(death, crash);
            Assert.Contains("tiny", crash.WorkItemName, StringComparison.Ordinal);
            Assert.Contains($"{i}", crash.WorkItemName!.Replace(",", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        await AssertUsableAsync(pool);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task In_a_map_whose_elements_die_while_they_are_read()
    {
        await using WorkerPool pool = Backend.Create(2);
        IEnumerable<object> items = Enumerable.Range(0, 3_000).Select(static object (i) => i == 1_500 ? new Dictionary<DeadlyKey, int> { [new DeadlyKey(Death.Killed)] = 1 } : i);

        List<WorkResult<string>> results = await pool.MapResultsAsync(items, static item => item.GetType().Name).ToListAsync();

        Assert.Equal(3_000, results.Count);
        WorkResult<string> failed = Assert.Single(results, result => !result.Succeeded);
        Assert.Equal(1_500, failed.Index);
        Assert.IsType<WorkerCrashedException>(failed.Error);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_that_are_killed_at_random_moments_lose_no_item_of_a_map()
    {
        await using WorkerPool pool = Backend.Create(2);
        var pids = new HashSet<int>();
        int killed = 0, failed = 0, count = 0;

        await foreach (WorkResult<int> result in pool.MapResultsAsync(Enumerable.Range(0, 30_000), static i => Environment.ProcessId))
        {
            Assert.Equal(count++, result.Index);
            if (!result.Succeeded)
            {
                Infrastructure.Deaths.AssertTold(Death.Killed, Assert.IsType<WorkerCrashedException>(result.Error));
                failed++;
            }
            else if (pids.Add(result.Value) && killed < 4)
            {
                killed++;
                Infrastructure.Deaths.Kill(result.Value);
            }
        }

        Assert.Equal(30_000, count);
        Assert.True(killed > 0);
        Assert.InRange(failed, 0, killed);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Of_a_map_that_throws_the_crash_ends_it_at_its_item()
    {
        await using WorkerPool pool = Backend.Create(2);
        List<int> seen = [];

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(async () =>
        {
            await foreach (int i in pool.MapAsync(Enumerable.Range(0, 20_000), static i =>
            {
                if (i == 5_000)
                    Environment.Exit(42);
                return i;
            }))
            {
                seen.Add(i);
            }
        });

        Assert.Equal(42, crash.ExitCode);
        Assert.Equal(Enumerable.Range(0, 5_000), seen);
        await AssertUsableAsync(pool);
    }
}
