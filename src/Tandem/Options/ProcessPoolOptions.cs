namespace Tandem;

/// <summary>How a pool of worker processes is made.</summary>
public sealed class ProcessPoolOptions : WorkerPoolOptions
{
    /// <inheritdoc/>
    public override Isolation Isolation => Isolation.Process;

    /// <summary>How calls travel to worker processes.</summary>
    /// <value>The default is <see cref="WorkerTransport.Auto"/>.</value>
    public WorkerTransport Transport { get; set; }

    /// <summary>How long a worker process may take to start, <see cref="WorkerPoolOptions.InitializeWorker"/> and its state factory included.</summary>
    /// <value>A positive time of at most 24 days. The default is 30 seconds.</value>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many workers may fail to start within <see cref="RestartPeriod"/>. Then items that wait fail with
    /// <see cref="WorkerStartException"/>, and from then on one start is tried in each period until one succeeds. Crashes while items run
    /// do not count. Nor do processes that are killed by a signal from outside while they start: those are started again at once, and at
    /// most a second later where that goes on for long. Only when the state factory, and nothing before it, is met by more than ten kills in
    /// a row, or when memory ran out, is that a failed start: then the factory seems to be the cause.
    /// </summary>
    /// <remarks>
    /// Starts are retried with exponential back-off, from 100 ms, as long as there is work; <see cref="PoolSnapshot.BackOff"/> and
    /// <see cref="WorkerEventKind.StartDelayed"/> say what is being waited for, and until when.
    /// </remarks>
    /// <value>A number of starts, at least 1. The default is 3.</value>
    public int MaxRestarts { get; set; } = 3;

    /// <summary>The period for <see cref="MaxRestarts"/>.</summary>
    /// <value>A positive time of at most 24 days. The default is 30 seconds.</value>
    public TimeSpan RestartPeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Worker processes that are started ahead, beyond <see cref="WorkerPoolOptions.MaxWorkers"/>, their state built: they take the place of
    /// one that crashed or is recycled at once. Each costs the memory of an idle worker, which <see cref="WorkerPool.Snapshot"/> shows.
    /// </summary>
    /// <value>A number of processes between 0 and 64. The default is 0.</value>
    public int SpareWorkers { get; set; }

    /// <summary>
    /// How many items, elements of maps included, one worker process may start: never more, so 1 gives each item a process of its own.
    /// The worker is replaced from the share that <see cref="RecycleJitter"/> leaves on, as soon as its successor is there; one that has
    /// been given its last item gets no other, and its successor is started while it works. So at most
    /// <see cref="WorkerPoolOptions.MaxWorkers"/> processes run items, and as many again may be on the way. Where items take less time than
    /// the start of a process, <see cref="SpareWorkers"/> keep others from waiting.
    /// </summary>
    /// <value>A number of items, at least 1. The default is <see langword="null"/>: no limit.</value>
    public int? MaxItemsPerWorker { get; set; }

    /// <summary>
    /// The private memory beyond which a worker process is replaced, as soon as the item that it runs is done. Items then travel one by
    /// one, none lying ready at a worker.
    /// </summary>
    /// <value>In bytes, at least 16 MiB. The default is <see langword="null"/>: never.</value>
    public long? MaxWorkerMemory { get; set; }

    /// <summary>The age at which a worker process is replaced. Its successor is started first.</summary>
    /// <value>A positive time of at most 24 days. The default is <see langword="null"/>: never.</value>
    public TimeSpan? MaxWorkerAge { get; set; }

    /// <summary>
    /// How far the limits for replacing workers are spread below their value, so that not all workers are replaced at once: 0.1 makes
    /// each worker's limit something between 90% and 100% of the value.
    /// </summary>
    /// <value>Between 0 and 0.9. The default is 0.1.</value>
    public double RecycleJitter { get; set; } = 0.1;

    /// <summary>How long a worker process may have nothing to do before it is ended, down to <see cref="MinWorkers"/>. Work starts it again.</summary>
    /// <value>A positive time of at most 24 days. The default is <see langword="null"/>: it is never ended for that.</value>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>How many workers <see cref="IdleTimeout"/> leaves.</summary>
    /// <value>Between 0 and <see cref="WorkerPoolOptions.MaxWorkers"/>. The default is 0.</value>
    public int MinWorkers { get; set; }

    /// <summary>Whether the runtime writes a dump of a worker process that crashes (by <c>createdump</c>); <see cref="WorkerCrashedException.DumpPath"/> names it.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool CollectDumps { get; set; }

    /// <summary>
    /// The folder for dumps. It must exist if <see cref="CollectDumps"/> is set, since the runtime does not create it: creating the pool
    /// fails with <see cref="ArgumentException"/> otherwise.
    /// </summary>
    /// <value>A path. The default is <see langword="null"/>: the folder for temporary files.</value>
    public string? DumpFolder { get; set; }

    /// <summary>
    /// How deep pools may nest: a pool of processes inside a work item that runs in a worker process is one level. Deeper gives
    /// <see cref="WorkerStartException"/>. The limit of the outermost process holds for all below it.
    /// </summary>
    /// <value>A number of levels between 1 and 16. The default is 2.</value>
    public int MaxNesting { get; set; } = 2;

    /// <summary>Environment variables that worker processes get beside this process's own; a <see langword="null"/> value removes one.</summary>
    /// <remarks>Creating a pool throws <see cref="ArgumentException"/> for a name that is empty or holds <c>=</c>, and for NUL characters.</remarks>
    /// <value>The default is empty.</value>
    public IDictionary<string, string?> Environment { get; private set; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>
    /// Whether workers are started by <c>posix_spawn</c> also where their transport does not need that, as on Linux the portable one.
    /// </summary>
    internal bool UsesSpawn { get; set; }

    /// <inheritdoc cref="WorkerPoolOptions.Validated"/>
    internal new ProcessPoolOptions Validated() => (ProcessPoolOptions)base.Validated();

    private protected override void CheckOwn()
    {
        Check(Transport is >= WorkerTransport.Auto and <= WorkerTransport.Portable, nameof(Transport), Transport, "Auto, SharedMemory or Portable");
        Check(Option.IsPositiveDuration(StartTimeout), nameof(StartTimeout), StartTimeout, "positive, at most 24 days");
        Check(MaxRestarts >= 1, nameof(MaxRestarts), MaxRestarts, "at least 1");
        Check(Option.IsPositiveDuration(RestartPeriod), nameof(RestartPeriod), RestartPeriod, "positive, at most 24 days");
        Check(SpareWorkers is >= 0 and <= 64, nameof(SpareWorkers), SpareWorkers, "between 0 and 64");
        Check(MaxItemsPerWorker is null or >= 1, nameof(MaxItemsPerWorker), MaxItemsPerWorker, "at least 1");
        Check(MaxWorkerMemory is null or >= 16 << 20, nameof(MaxWorkerMemory), MaxWorkerMemory, "at least 16 MiB, which an empty worker takes");
        Check(MaxWorkerAge is null || Option.IsPositiveDuration(MaxWorkerAge.Value), nameof(MaxWorkerAge), MaxWorkerAge, "positive, at most 24 days");
        Check(RecycleJitter is >= 0 and <= 0.9, nameof(RecycleJitter), RecycleJitter, "between 0 and 0.9");
        Check(IdleTimeout is null || Option.IsPositiveDuration(IdleTimeout.Value), nameof(IdleTimeout), IdleTimeout, "positive, at most 24 days");
        Check(MinWorkers >= 0 && MinWorkers <= MaxWorkers, nameof(MinWorkers), MinWorkers, $"between 0 and {nameof(MaxWorkers)}, which is {MaxWorkers}");
        Check(MaxNesting is >= 1 and <= 16, nameof(MaxNesting), MaxNesting, "between 1 and 16");
        if (CollectDumps && DumpFolder is not null && !Directory.Exists(DumpFolder))
        {
            throw new ArgumentException(
                $"{nameof(ProcessPoolOptions)}.{nameof(DumpFolder)} is '{DumpFolder}', which does not exist: the runtime would write no dump. Create the folder first.",
                nameof(DumpFolder));
        }

        foreach ((string name, string? value) in Environment)
            CheckVariable(name, value);
    }

    private protected override void Detach() => Environment = new Dictionary<string, string?>(Environment, StringComparer.Ordinal);

    /// <summary>What no system takes as a variable, or what would become another one.</summary>
    private static void CheckVariable(string name, string? value)
    {
        string? problem = name.Length == 0 ? "a name that is empty"
            : name.Contains('=') ? "a name with '=' in it"
            : name.Contains('\0') ? "a name with a NUL character in it"
            : value?.Contains('\0') == true ? "a value with a NUL character in it"
            : null;
        if (problem is not null)
        {
            throw new ArgumentException(
                $"{nameof(ProcessPoolOptions)}.{nameof(Environment)}[\"{name.Replace("\0", "\\0", StringComparison.Ordinal)}\"] has {problem}, which no environment can hold.");
        }
    }

    private static void Check(bool valid, string property, object? value, string expected) =>
        Option.Check(valid, nameof(ProcessPoolOptions), property, value, expected);
}
