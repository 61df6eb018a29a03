using System.Globalization;

namespace Tandem.Compare;

/// <summary>The ways of running work that are compared.</summary>
public enum WorkerModel
{
    /// <summary>Threads of one process.</summary>
    Threads,

    /// <summary>Processes that run one item at a time each.</summary>
    Processes,

    /// <summary>Processes that run several items at a time each, on threads.</summary>
    ProcessesTimesThreads,
}

/// <summary>One way of running work: a model and its numbers of workers.</summary>
/// <param name="isolation">Whether workers are threads or processes.</param>
/// <param name="workers">How many there are.</param>
/// <param name="concurrencyPerWorker">How many items each runs at once.</param>
public sealed class WorkerConfiguration(Isolation isolation, int workers, int concurrencyPerWorker = 1)
{
    /// <summary>Whether workers are threads or processes.</summary>
    public Isolation Isolation { get; } = isolation;

    /// <summary>How many workers there are.</summary>
    public int Workers { get; } = workers;

    /// <summary>How many items each worker runs at once.</summary>
    public int ConcurrencyPerWorker { get; } = concurrencyPerWorker;

    /// <summary>How many items run at once.</summary>
    public int Slots => Workers * ConcurrencyPerWorker;

    /// <summary>The way of running work.</summary>
    public WorkerModel Model =>
        Isolation == Isolation.Thread ? WorkerModel.Threads
        : ConcurrencyPerWorker == 1 ? WorkerModel.Processes
        : WorkerModel.ProcessesTimesThreads;

    /// <summary>Such as <c>4 threads</c>, <c>1 process</c>, <c>2 processes × 2 threads</c>.</summary>
    public string Name => Model switch
    {
        WorkerModel.Threads => Amount.Of(Workers, "thread"),
        WorkerModel.Processes => Amount.Of(Workers, "process", "processes"),
        _ => $"{Amount.Of(Workers, "process", "processes")} × {Amount.Of(ConcurrencyPerWorker, "thread")}",
    };

    /// <summary>The options that make such a pool, as C#.</summary>
    public string ToCode()
    {
        string concurrency = ConcurrencyPerWorker == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {nameof(ConcurrencyPerWorker)} = {ConcurrencyPerWorker}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"var options = new {(Isolation == Isolation.Thread ? nameof(ThreadedPoolOptions) : nameof(ProcessPoolOptions))} {{ MaxWorkers = {Workers}{concurrency} }};\n"
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

    /// <summary>What to compare for some numbers of items at once.</summary>
    internal static WorkerConfiguration[] ForCounts(IReadOnlyList<int> counts, int processors)
    {
        List<WorkerConfiguration> all = [];
        foreach (int count in counts)
        {
            all.Add(new WorkerConfiguration(Isolation.Thread, count));
            all.Add(new WorkerConfiguration(Isolation.Process, count));
            // As many processes as there are processors, and threads in them for what is beyond.
            int processes = Math.Clamp(count / 2, 1, processors);
            if (count > 1 && count % processes == 0)
                all.Add(new WorkerConfiguration(Isolation.Process, processes, count / processes));
        }

        return [.. all];
    }

    /// <summary>1, 2, 4 … up to the processors and once beyond; work that waits has use for more than there are processors.</summary>
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
