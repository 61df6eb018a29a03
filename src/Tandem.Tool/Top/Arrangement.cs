using System.Globalization;

namespace Tandem.Tool.Top;

/// <summary>Filters and orders a report.</summary>
/// <param name="Order">The order of the workers of each pool.</param>
/// <param name="IsReversed">Whether the order is reversed.</param>
/// <param name="Filter">A text that a name, an item or a state must contain; empty for all.</param>
internal sealed record Arrangement(SortOrder Order, bool IsReversed, string Filter)
{
    private bool IsAll => Filter.Length == 0;

    /// <summary>Returns the filtered and ordered report.</summary>
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

    /// <summary>Filters a pool; null if nothing of it matches.</summary>
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
        // Names ascend and figures descend, unless the order is reversed.
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
