using System.Globalization;
using Tandem.Compare;

namespace Tandem.Tool.Top.View;

/// <summary>Formats a report as lines: programs, their pools, and the workers of these.</summary>
internal sealed class TopView(TopReport report)
{
    private const int AgeWidth = 6;
    private const int ItemsWidth = 8;
    private const int CpuWidth = 6;
    private const int MemoryWidth = 7;
    private const int SwitchesWidth = 8;
    private const int FiguresWidth = ItemsWidth + CpuWidth + MemoryWidth + SwitchesWidth;
    private const int IdWidth = 13;
    private const int StateWidth = 9;

    /// <summary>The column headers.</summary>
    internal static ScreenLine Header(int width) => new ScreenLine()
        .Add("   WORKER", IdWidth, Look.Title).Add("STATE", StateWidth, Look.Title).Add("ITEM", ItemWidth(width), Look.Title)
        .Add("AGE", AgeWidth, Look.Title, right: true).Add("ITEMS/S", ItemsWidth, Look.Title, right: true)
        .Add("CPU%", CpuWidth, Look.Title, right: true)
        .Add("MEM", MemoryWidth, Look.Title, right: true).Add("CSW/S", SwitchesWidth, Look.Title, right: true);

    /// <summary>The rows, and what each represents.</summary>
    internal List<(ScreenLine Line, RowTarget Target)> Rows(int width, int selected)
    {
        List<(ScreenLine, RowTarget)> rows = [];
        foreach (ProgramReport program in report.Programs)
        {
            string workerOf = program.ParentPool is { } parent ? string.Create(CultureInfo.InvariantCulture, $", worker of {parent}") : "";
            string title = string.Create(
                CultureInfo.InvariantCulture,
                $" {program.Name}  pid {program.ProcessId}, {Amount.Of(program.Threads, "thread")}{workerOf}");
            Add(
                line => Figure(line.Add(title, width - FiguresWidth, Look.Bold), null, program.Usage),
                new RowTarget(program.ProcessId, null, program.Name));
            foreach (PoolReport pool in program.Pools)
            {
                AddPool(program, pool);
                foreach (WorkerReport worker in pool.Workers)
                    AddWorker(program, pool, worker);
            }
        }

        return rows;

        void Add(Action<ScreenLine> fill, RowTarget target)
        {
            var line = new ScreenLine { IsSelected = rows.Count == selected };
            fill(line);
            rows.Add((line.Cut(width), target));
        }

        void AddPool(ProgramReport program, PoolReport pool)
        {
            var target = new RowTarget(program.ProcessId, null, program.Name);
            string kind = (pool.Isolation, pool.WorkersWanted) switch
            {
                ("process", 1) => "process",
                ("process", _) => "processes",
                (_, 1) => "thread",
                _ => "threads",
            };
            string lanes = pool.ConcurrencyPerWorker > 1
                ? string.Create(CultureInfo.InvariantCulture, $" x {pool.ConcurrencyPerWorker}")
                : "";
            string title = string.Create(CultureInfo.InvariantCulture, $"  {pool.Name}: {pool.WorkersWanted} {kind}{lanes}");
            Add(line => Figure(line.Add(title, width - FiguresWidth, Look.Accent), pool.ItemsPerSecond, Sum(pool)), target);
            Add(line => Describe(line, pool), target);
        }

        void AddWorker(ProgramReport program, PoolReport pool, WorkerReport worker)
        {
            bool isProcess = pool.Isolation == "process";
            string id = worker.Id.ToString(CultureInfo.InvariantCulture);
            RowTarget target = isProcess
                ? new RowTarget(worker.Id, null, $"worker {id} of {pool.Name}")
                : new RowTarget(program.ProcessId, worker.ThreadId, $"thread {id} of {pool.Name}");
            Add(
                line => Figure(
                    line.Add(isProcess ? $"   {id}" : $"   thread {id}", IdWidth).Add(worker.State, StateWidth, LookOf(worker.State))
                        .Add(worker.CurrentItem ?? "", ItemWidth(width))
                        .Add(worker.CurrentItem is null ? "" : Figures.Time(worker.CurrentItemSeconds), AgeWidth, right: true),
                    worker.ItemsPerSecond,
                    worker.Usage),
                target);
        }
    }

    /// <summary>The last events of workers, of all pools, the newest first.</summary>
    internal IEnumerable<string> Changes() =>
        from program in report.Programs
        from pool in program.Pools
        from change in pool.LastChanges
        orderby change.Time descending
        select string.Create(
            CultureInfo.InvariantCulture,
            $"{change.Time.ToLocalTime():HH:mm:ss}  {program.Name} / {pool.Name}: "
                + $"{change.Worker} {Words(change.Kind)}. {change.Detail}");

    private static int ItemWidth(int width) => Math.Max(4, width - IdWidth - StateWidth - AgeWidth - FiguresWidth);

    private static void Figure(ScreenLine line, double? items, Usage usage) => line
        .Add(Figures.Count(items), ItemsWidth, right: true).Add(Figures.Percent(usage.CpuPercent), CpuWidth, right: true)
        .Add(Figures.Bytes(usage.PrivateMemory), MemoryWidth, right: true)
        .Add(Figures.Count(usage.SwitchesPerSecond), SwitchesWidth, right: true);

    private void Describe(ScreenLine line, PoolReport pool)
    {
        line.Add(
            string.Create(CultureInfo.InvariantCulture, $"   queue {pool.QueueLength}"),
            pool.QueueLength > 0 ? Look.Warning : Look.Dim);
        line.Add(
            pool.Latency is { } latency
                ? $", latency {Figures.Time(latency.Median)} p99 {Figures.Time(latency.Percentile99)}"
                : ", latency -",
            Look.Dim);
        if (pool.StartFailure is { } failure)
            line.Add($", cannot start: {failure}", Look.Bad);

        Totals totals = pool.Totals;
        line.Add(
            string.Create(CultureInfo.InvariantCulture, $", restarts {totals.Restarts}"),
            totals.Restarts > 0 ? Look.Warning : Look.Dim);
        (long Count, string What)[] counts =
            [(totals.Crashes, "crashed"), (totals.Kills, "killed"), (totals.Recycles, "recycled"), (totals.AbandonedThreads, "abandoned")];
        string reasons = string.Join(
            ", ",
            counts.Where(static one => one.Count > 0)
                .Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Count} {one.What}")));
        if (reasons.Length > 0)
            line.Add($" ({reasons})", Look.Dim);
        if (pool.LastChanges is [.., { } last])
        {
            string age = Figures.Time(Math.Max(0, Math.Floor((report.Time - last.Time).TotalSeconds)));
            line.Add(string.Create(CultureInfo.InvariantCulture, $" {age} ago: {last.Worker} {Words(last.Kind)}. {last.Detail}"), Look.Dim);
        }
    }

    private static string Words(string kind) => kind.Replace('_', ' ');

    private static Look LookOf(string state) => state switch
    {
        "busy" => Look.Good,
        "starting" or "draining" => Look.Warning,
        "killing" => Look.Bad,
        "spare" => Look.Accent,
        _ => Look.Dim,
    };

    private static Usage Sum(PoolReport pool) => new(
        Total(pool, static usage => usage.CpuPercent), (long?)Total(pool, static usage => usage.PrivateMemory),
        Total(pool, static usage => usage.VoluntarySwitchesPerSecond), Total(pool, static usage => usage.InvoluntarySwitchesPerSecond));

    private static double? Total(PoolReport pool, Func<Usage, double?> figure) =>
        pool.Workers.Any(worker => figure(worker.Usage) is not null) ? pool.Workers.Sum(worker => figure(worker.Usage) ?? 0) : null;
}
