using System.Globalization;

namespace Tandem.Compare;

/// <summary>One configuration: a model, and its numbers of workers.</summary>
/// <param name="isolation">Whether workers are threads or processes.</param>
/// <param name="workers">The number of workers.</param>
/// <param name="concurrencyPerWorker">How many items each worker runs at once.</param>
public sealed class WorkerConfiguration(Isolation isolation, int workers, int concurrencyPerWorker = 1)
{
    /// <summary>Whether workers are threads or processes.</summary>
    public Isolation Isolation { get; } = isolation;

    /// <summary>The number of workers.</summary>
    public int Workers { get; } = workers;

    /// <summary>How many items each worker runs at once.</summary>
    public int ConcurrencyPerWorker { get; } = concurrencyPerWorker;

    /// <summary>How many items run at once.</summary>
    public int Slots => Workers * ConcurrencyPerWorker;

    /// <summary>The model.</summary>
    public WorkerModel Model =>
        Isolation == Isolation.Thread ? WorkerModel.Threads
        : ConcurrencyPerWorker == 1 ? WorkerModel.Processes
        : WorkerModel.ProcessesTimesThreads;

    /// <summary>The name, such as <c>4 threads</c>, <c>1 process</c>, <c>2 processes × 2 threads</c>.</summary>
    public string Name => Model switch
    {
        WorkerModel.Threads => Amount.Of(Workers, "thread"),
        WorkerModel.Processes => Amount.Of(Workers, "process", "processes"),
        _ => $"{Amount.Of(Workers, "process", "processes")} × {Amount.Of(ConcurrencyPerWorker, "thread")}",
    };

    /// <summary>C# code that creates such a pool.</summary>
    public string ToCode()
    {
        string concurrency = ConcurrencyPerWorker == 1
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", {nameof(ConcurrencyPerWorker)} = {ConcurrencyPerWorker}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"var options = new {(Isolation == Isolation.Thread ? nameof(ThreadedPoolOptions) : nameof(ProcessPoolOptions))} "
                + $"{{ MaxWorkers = {Workers}{concurrency} }};\n"
                + $"await using var pool = WorkerPool.Create(options);");
    }

    /// <summary>The <see cref="Name"/>.</summary>
    public override string ToString() => Name;

    internal WorkerPoolOptions ToOptions()
    {
        WorkerPoolOptions options = WorkerPoolOptions.For(Isolation);
        options.MaxWorkers = Workers;
        options.ConcurrencyPerWorker = ConcurrencyPerWorker;
        options.StartEagerly = true;
        options.Name = "compared";
        return options;
    }

    /// <summary>The configurations to compare for some numbers of concurrent items.</summary>
    internal static WorkerConfiguration[] ForCounts(IReadOnlyList<int> counts, int processors)
    {
        List<WorkerConfiguration> all = [];
        foreach (int count in counts)
        {
            all.Add(new WorkerConfiguration(Isolation.Thread, count));
            all.Add(new WorkerConfiguration(Isolation.Process, count));
            // At most as many processes as there are processors; the rest are threads in them.
            int processes = Math.Clamp(count / 2, 1, processors);
            if (count > 1 && count % processes == 0)
                all.Add(new WorkerConfiguration(Isolation.Process, processes, count / processes));
        }

        return [.. all];
    }

    /// <summary>The default numbers: 1, 2, 4 … up to twice the number of processors; work that waits benefits from even more.</summary>
    internal static int[] DefaultCounts(int processors, bool waits)
    {
        int most = Math.Min(processors * (waits ? 8 : 2), 128);
        List<int> counts = [];
        for (int count = 1; count <= most; count *= 2)
            counts.Add(count);

        if (!counts.Contains(processors))
            counts.Add(processors);

        counts.Sort();
        return [.. counts];
    }
}
