namespace Tandem;

/// <summary>The options of a pool of worker processes.</summary>
public sealed class ProcessPoolOptions : WorkerPoolOptions
{
    /// <inheritdoc/>
    public override Isolation Isolation => Isolation.Process;

    /// <summary>How calls and results are exchanged with worker processes.</summary>
    /// <value>The default is <see cref="WorkerTransport.Auto"/>.</value>
    public WorkerTransport Transport { get; set; }

    /// <summary>
    /// How long a worker process may take to start, including <see cref="WorkerPoolOptions.InitializeWorker"/> and its state factory.
    /// </summary>
    /// <value>A positive time of at most 24 days. The default is 30 seconds.</value>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many workers may fail to start within <see cref="RestartPeriod"/>. Beyond this number, waiting items fail with
    /// <see cref="WorkerStartException"/>, and the pool tries one start in each period until one succeeds. Crashes while items run do not
    /// count. Nor do processes that a signal from outside kills while they start: these are started again at once, or with a delay of at
    /// most a second if this continues. A kill counts as a failed start only if memory ran out, or if more than ten kills in a row all hit
    /// the state factory, which is then the likely cause.
    /// </summary>
    /// <remarks>
    /// Starts are retried with exponential back-off, beginning with 100 ms, as long as there is work. <see cref="PoolSnapshot.BackOff"/>
    /// and
    /// <see cref="WorkerEventKind.StartDelayed"/> report the cause of the delay and its end.
    /// </remarks>
    /// <value>A number of starts, at least 1. The default is 3.</value>
    public int MaxRestarts { get; set; } = 3;

    /// <summary>The period for <see cref="MaxRestarts"/>.</summary>
    /// <value>A positive time of at most 24 days. The default is 30 seconds.</value>
    public TimeSpan RestartPeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many worker processes are started in advance, in addition to <see cref="WorkerPoolOptions.MaxWorkers"/>. Their state is built,
    /// so they replace a worker that crashed or is recycled at once. Each costs the memory of an idle worker, which
    /// <see cref="WorkerPool.Snapshot"/> shows.
    /// </summary>
    /// <value>A number of processes between 0 and 64. The default is 0.</value>
    public int SpareWorkers { get; set; }

    /// <summary>
    /// The maximum number of items, including elements of maps, that one worker process may start. The number is never exceeded, so with 1
    /// each item gets a process of its own. A worker is replaced when it reaches the limit that <see cref="RecycleJitter"/> sets for it, as
    /// soon as its successor is ready. When a worker gets its last item, its successor is started at once. So at most
    /// <see cref="WorkerPoolOptions.MaxWorkers"/> processes run items, and at most as many others are starting. If items take less time
    /// than the start of a process, <see cref="SpareWorkers"/> keep items from waiting.
    /// </summary>
    /// <value>A number of items, at least 1. The default is <see langword="null"/>: no limit.</value>
    public int? MaxItemsPerWorker { get; set; }

    /// <summary>
    /// The private memory above which a worker process is replaced, as soon as its current item has completed. With this option, items are
    /// sent one by one, and no item is sent to a busy worker in advance.
    /// </summary>
    /// <value>In bytes, at least 16 MiB. The default is <see langword="null"/>: never.</value>
    public long? MaxWorkerMemory { get; set; }

    /// <summary>The age at which a worker process is replaced. Its successor is started first.</summary>
    /// <value>A positive time of at most 24 days. The default is <see langword="null"/>: never.</value>
    public TimeSpan? MaxWorkerAge { get; set; }

    /// <summary>
    /// How far the limits for replacing workers are spread below their value, so that not all workers are replaced at the same time. With
    /// 0.1, the limit of each worker is between 90% and 100% of the value.
    /// </summary>
    /// <value>Between 0 and 0.9. The default is 0.1.</value>
    public double RecycleJitter { get; set; } = 0.1;

    /// <summary>
    /// How long a worker process may be idle before it is stopped. At least <see cref="MinWorkers"/> workers remain. New work starts
    /// workers again.
    /// </summary>
    /// <value>A positive time of at most 24 days. The default is <see langword="null"/>: idle workers are not stopped.</value>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>How many workers remain in spite of <see cref="IdleTimeout"/>.</summary>
    /// <value>Between 0 and <see cref="WorkerPoolOptions.MaxWorkers"/>. The default is 0.</value>
    public int MinWorkers { get; set; }

    /// <summary>
    /// Whether the runtime writes a dump of a worker process that crashes (with <c>createdump</c>).
    /// <see cref="WorkerCrashedException.DumpPath"/> contains the path.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool CollectDumps { get; set; }

    /// <summary>
    /// The folder for dumps. If <see cref="CollectDumps"/> is set, the folder must exist, because the runtime does not create it. Otherwise
    /// creating the pool fails with <see cref="ArgumentException"/>.
    /// </summary>
    /// <value>A path. The default is <see langword="null"/>: the folder for temporary files.</value>
    public string? DumpFolder { get; set; }

    /// <summary>
    /// How deep pools may nest. A pool of processes inside a work item that runs in a worker process is one level. Deeper pools fail with
    /// <see cref="WorkerStartException"/>. The limit of the outermost process applies to all processes below it.
    /// </summary>
    /// <value>A number of levels between 1 and 16. The default is 2.</value>
    public int MaxNesting { get; set; } = 2;

    /// <summary>
    /// Environment variables that worker processes get in addition to those of this process. A <see langword="null"/> value removes a
    /// variable. On Windows, the case of names does not matter.
    /// </summary>
    /// <remarks>
    /// Creating a pool throws <see cref="ArgumentException"/> for a name that is empty or contains <c>=</c>, and for NUL characters.
    /// </remarks>
    /// <value>The default is empty.</value>
    public IDictionary<string, string?> Environment { get; private set; } = new Dictionary<string, string?>(EnvironmentNames.Comparer);

    /// <summary>
    /// Whether workers are started by <c>posix_spawn</c> also where their transport does not need that, as on Linux the portable one.
    /// </summary>
    internal bool UsesSpawn { get; set; }

    /// <inheritdoc cref="WorkerPoolOptions.Validated"/>
    internal new ProcessPoolOptions Validated() => (ProcessPoolOptions)base.Validated();

    private protected override void CheckOwn()
    {
        Check(
            Transport is >= WorkerTransport.Auto and <= WorkerTransport.MappedMemory,
            nameof(Transport), Transport, "Auto, SharedMemory or Portable");
        Check(Option.IsPositiveDuration(StartTimeout), nameof(StartTimeout), StartTimeout, "positive, at most 24 days");
        Check(MaxRestarts >= 1, nameof(MaxRestarts), MaxRestarts, "at least 1");
        Check(Option.IsPositiveDuration(RestartPeriod), nameof(RestartPeriod), RestartPeriod, "positive, at most 24 days");
        Check(SpareWorkers is >= 0 and <= 64, nameof(SpareWorkers), SpareWorkers, "between 0 and 64");
        Check(MaxItemsPerWorker is null or >= 1, nameof(MaxItemsPerWorker), MaxItemsPerWorker, "at least 1");
        Check(
            MaxWorkerMemory is null or >= 16 << 20,
            nameof(MaxWorkerMemory), MaxWorkerMemory, "at least 16 MiB, which an empty worker takes");
        Check(
            MaxWorkerAge is null || Option.IsPositiveDuration(MaxWorkerAge.Value),
            nameof(MaxWorkerAge), MaxWorkerAge, "positive, at most 24 days");
        Check(RecycleJitter is >= 0 and <= 0.9, nameof(RecycleJitter), RecycleJitter, "between 0 and 0.9");
        Check(
            IdleTimeout is null || Option.IsPositiveDuration(IdleTimeout.Value),
            nameof(IdleTimeout), IdleTimeout, "positive, at most 24 days");
        Check(
            MinWorkers >= 0 && MinWorkers <= MaxWorkers,
            nameof(MinWorkers), MinWorkers, $"between 0 and {nameof(MaxWorkers)}, which is {MaxWorkers}");
        Check(MaxNesting is >= 1 and <= 16, nameof(MaxNesting), MaxNesting, "between 1 and 16");
        if (CollectDumps && DumpFolder is not null && !Directory.Exists(DumpFolder))
        {
            throw new ArgumentException(
                $"{nameof(ProcessPoolOptions)}.{nameof(DumpFolder)} is '{DumpFolder}', which does not exist: "
                    + "the runtime would write no dump. Create the folder first.",
                nameof(DumpFolder));
        }

        foreach ((string name, string? value) in Environment)
            CheckVariable(name, value);
    }

    private protected override void Detach() => Environment = EnvironmentNames.Copy(Environment, EnvironmentNames.Comparer);

    /// <summary>Rejects names and values that no operating system accepts, or that would become another variable.</summary>
    private static void CheckVariable(string name, string? value)
    {
        string? problem = name.Length == 0 ? "a name that is empty"
            : name.Contains('=') ? "a name with '=' in it"
            : name.Contains('\0') ? "a name with a NUL character in it"
            : value?.Contains('\0') == true ? "a value with a NUL character in it"
            : null;
        if (problem is not null)
        {
            string escaped = name.Replace("\0", "\\0", StringComparison.Ordinal);
            throw new ArgumentException(
                $"{nameof(ProcessPoolOptions)}.{nameof(Environment)}[\"{escaped}\"] has {problem}, which no environment can contain.");
        }
    }

    private static void Check(bool valid, string property, object? value, string expected) =>
        Option.Check(valid, nameof(ProcessPoolOptions), property, value, expected);
}
