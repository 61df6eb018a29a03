using System.Globalization;

namespace Tandem.Tool.Top;

/// <summary>What the workers of a pool are ordered by.</summary>
internal enum SortOrder
{
    Id,
    Cpu,
    Memory,
    Items,
    Age,
    Switches,
}

/// <summary>What of a report is wanted, and in which order.</summary>
/// <param name="Order">Of the workers of each pool.</param>
/// <param name="IsReversed">Whether the other way round.</param>
/// <param name="Filter">A text that is in a name, an item or a state; empty for all.</param>
internal sealed record Arrangement(SortOrder Order, bool IsReversed, string Filter)
{
    private bool IsAll => Filter.Length == 0;

    /// <summary>The report without what is not wanted.</summary>
    internal TopReport Of(TopReport report)
    {
        List<ProgramReport> programs = [];
        foreach (ProgramReport program in report.Programs)
        {
            bool isWhole = IsAll || Matches(program.Name);
            PoolReport[] pools = [.. program.Pools.Select(pool => Of(pool, isWhole)).OfType<PoolReport>()];
            if (pools.Length > 0)
                programs.Add(program with { Pools = pools });
        }

        return report with { Programs = programs };
    }

    /// <summary>Null for a pool that has nothing of what is wanted.</summary>
    private PoolReport? Of(PoolReport pool, bool isWhole)
    {
        isWhole |= Matches(pool.Name);
        WorkerReport[] workers = [.. Ordered(isWhole ? pool.Workers : pool.Workers.Where(Matches))];
        return isWhole || workers.Length > 0 ? pool with { Workers = workers } : null;
    }

    private bool Matches(WorkerReport worker) =>
        Matches(worker.State) || Matches(worker.CurrentItem ?? "") || Matches(worker.Id.ToString(CultureInfo.InvariantCulture));

    private bool Matches(string text) => text.Contains(Filter, StringComparison.OrdinalIgnoreCase);

    private IEnumerable<WorkerReport> Ordered(IEnumerable<WorkerReport> workers)
    {
        // Names go up and figures down, unless it is to be the other way round.
        bool up = (Order == SortOrder.Id) != IsReversed;
        Func<WorkerReport, double> key = Order switch
        {
            SortOrder.Cpu => static worker => worker.Usage.CpuPercent ?? -1,
            SortOrder.Memory => static worker => worker.Usage.PrivateMemory ?? -1,
            SortOrder.Items => static worker => worker.ItemsPerSecond ?? -1,
            SortOrder.Age => static worker => worker.CurrentItemSeconds ?? -1,
            SortOrder.Switches => static worker => worker.Usage.SwitchesPerSecond ?? -1,
            _ => static worker => worker.Id,
        };
        return up ? workers.OrderBy(key) : workers.OrderByDescending(key).ThenBy(static worker => worker.Id);
    }
}
