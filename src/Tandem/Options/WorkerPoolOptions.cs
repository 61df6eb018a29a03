using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Tandem;

/// <summary>How a <see cref="WorkerPool"/> is made. It is read once, when the pool is created.</summary>
public sealed class WorkerPoolOptions
{
    /// <summary>Whether workers are threads or processes.</summary>
    /// <value>The default is <see cref="Isolation.Process"/>.</value>
    public Isolation Isolation { get; set; } = Isolation.Process;

    /// <summary>How many workers there are at most.</summary>
    /// <value>The default is <see cref="WorkerPool.DefaultWorkerCount"/>: the processors that this process may use.</value>
    public int MaxWorkers { get; set; } = System.Environment.ProcessorCount;

    /// <summary>
    /// How many work items one worker runs at once, each on a thread of its own: processes × threads. The blast radius of a crash
    /// is the worker, so all of its running items fail together.
    /// </summary>
    /// <value>The default is 1. At most 128.</value>
    public int ConcurrencyPerWorker { get; set; } = 1;

    /// <summary>How many items may wait for a worker; what is beyond is subject to <see cref="QueueFullMode"/>.</summary>
    /// <value>The default is <see cref="int.MaxValue"/>: no limit.</value>
    public int QueueCapacity { get; set; } = int.MaxValue;

    /// <summary>What a call does when <see cref="QueueCapacity"/> items wait already.</summary>
    /// <value>The default is <see cref="QueueFullMode.Wait"/>.</value>
    public QueueFullMode QueueFullMode { get; set; } = QueueFullMode.Wait;

    /// <summary>Whether all workers start with the pool, in parallel, rather than when work first needs them.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool StartEagerly { get; set; }

    /// <summary>The pool's name in logs, thread names and errors.</summary>
    /// <value>The default is <c>"pool"</c>.</value>
    public string Name { get; set; } = "pool";

    /// <summary>How calls travel to worker processes. Without meaning for threads.</summary>
    /// <value>The default is <see cref="WorkerTransport.Auto"/>.</value>
    public WorkerTransport Transport { get; set; }

    /// <summary>
    /// How long a worker process may go on with an item whose token was cancelled before it is killed. A thread cannot be killed, so
    /// there the call ends when the work does, or with the pool: <see cref="WorkerPool.StopAsync"/> fails what goes on after this time, and
    /// leaves its thread behind.
    /// </summary>
    /// <value>The default is 5 seconds. <see cref="Timeout.InfiniteTimeSpan"/> never kills.</value>
    public TimeSpan CancellationGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a worker process has to end by itself after SIGTERM before SIGKILL.</summary>
    /// <value>The default is 2 seconds.</value>
    public TimeSpan TerminationGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a worker process may take to start, <see cref="InitializeWorker"/> and its state factory included.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many workers may fail to start within <see cref="RestartPeriod"/>. Then items that wait fail with
    /// <see cref="WorkerStartException"/>, and from then on one start is tried in each period until one succeeds. Crashes while items run
    /// do not count. Nor do processes that somebody kills by a signal while they start: those are started again at once, and at most a
    /// second later where that goes on for long. Only when the state factory, and nothing before it, is met by more than ten kills in a
    /// row, or when memory ran out, is that a failed start: then the factory seems to be the cause.
    /// </summary>
    /// <value>
    /// The default is 3. Starts are retried with exponential back-off, from 100 ms, as long as there is work;
    /// <see cref="PoolSnapshot.BackOff"/> and <see cref="WorkerEventKind.StartDelayed"/> say what is being waited for, and until when.
    /// </value>
    public int MaxRestarts { get; set; } = 3;

    /// <summary>The period for <see cref="MaxRestarts"/>.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan RestartPeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The limits of each call that does not set them itself (<see cref="WorkOptions.Limits"/>, <see cref="MapOptions.Limits"/>).</summary>
    /// <value>The default has no limits.</value>
    public WorkLimits DefaultLimits { get; } = new();

    /// <summary>
    /// Worker processes that are started ahead, beyond <see cref="MaxWorkers"/>, their state built: they take the place of one that
    /// crashed or is recycled at once. Each costs the memory of an idle worker, which <see cref="WorkerPool.Snapshot"/> shows.
    /// </summary>
    /// <value>The default is 0. At most 64.</value>
    public int SpareWorkers { get; set; }

    /// <summary>
    /// How many items, elements of maps included, one worker process may start: never more, so 1 gives each item a process of its own.
    /// The worker is replaced from the share that <see cref="RecycleJitter"/> leaves on, as soon as its successor is there; one that has
    /// been given its last item gets no other, and its successor is started while it works. So at most <see cref="MaxWorkers"/> processes
    /// run items, and as many again may be on the way. Where items take less time than the start of a process,
    /// <see cref="SpareWorkers"/> keep others from waiting.
    /// </summary>
    /// <value>The default is <see langword="null"/>: no limit.</value>
    public int? MaxItemsPerWorker { get; set; }

    /// <summary>
    /// The private memory, in bytes, beyond which a worker process is replaced, as soon as the item that it runs is done. Items then
    /// travel one by one, none lying ready at a worker.
    /// </summary>
    /// <value>The default is <see langword="null"/>: never.</value>
    public long? MaxWorkerMemory { get; set; }

    /// <summary>The age at which a worker process is replaced. Its successor is started first.</summary>
    /// <value>The default is <see langword="null"/>: never.</value>
    public TimeSpan? MaxWorkerAge { get; set; }

    /// <summary>
    /// How far the limits for replacing workers are spread below their value, so that not all workers are replaced at once: 0.1 makes
    /// each worker's limit something between 90% and 100% of the value.
    /// </summary>
    /// <value>The default is 0.1; between 0 and 0.9.</value>
    public double RecycleJitter { get; set; } = 0.1;

    /// <summary>How long a worker process may have nothing to do before it is ended, down to <see cref="MinWorkers"/>. Work starts it again.</summary>
    /// <value>The default is <see langword="null"/>: never.</value>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>How many workers <see cref="IdleTimeout"/> leaves.</summary>
    /// <value>The default is 0.</value>
    public int MinWorkers { get; set; }

    /// <summary>
    /// How many threads may be abandoned at once because their item passed its time limit and went on. Beyond that they are not
    /// replaced, and the pool has fewer threads until one of them returns.
    /// </summary>
    /// <value>The default is 16.</value>
    public int MaxAbandonedThreads { get; set; } = 16;

    /// <summary>Whether the runtime writes a dump of a worker process that crashes (by <c>createdump</c>); <see cref="WorkerCrashedException.DumpPath"/> names it.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool CollectDumps { get; set; }

    /// <summary>The folder for dumps. It must exist if <see cref="CollectDumps"/> is set: the runtime does not create it, and writes no dump then.</summary>
    /// <value>The default is <see langword="null"/>: the folder for temporary files.</value>
    public string? DumpFolder { get; set; }

    /// <summary>
    /// How deep pools may nest: a pool of processes inside a work item that runs in a worker process is one level. Deeper gives
    /// <see cref="WorkerStartException"/>.
    /// </summary>
    /// <value>The default is 2. The limit of the outermost process holds for all below it.</value>
    public int MaxNesting { get; set; } = 2;

    /// <summary>
    /// Runs once in each worker, before its state factory and its first item: for settings of the process that work relies on, such as
    /// encoding providers, <see cref="AppContext"/> switches and default cultures. What it captures travels.
    /// </summary>
    /// <remarks>
    /// Spares and replacements run it too. Threads run it in this process, each thread once, perhaps several at the same time, so it must
    /// be able to run more than once. What it sets for its own thread only (<see cref="System.Globalization.CultureInfo.CurrentCulture"/>,
    /// an <see cref="AsyncLocal{T}"/>) does not reach items. If it throws, the worker has not started: see <see cref="MaxRestarts"/>.
    /// An initializer that awaits is <c>async void</c>, which nobody can wait for: it is refused.
    /// </remarks>
    /// <value>The default is <see langword="null"/>: nothing.</value>
    public Action? InitializeWorker { get; set; }

    /// <summary>Environment variables that worker processes get beside this process's own; a <see langword="null"/> value removes one.</summary>
    /// <remarks>Creating a pool throws <see cref="ArgumentException"/> for a name that is empty or holds <c>=</c>, and for NUL characters.</remarks>
    public IDictionary<string, string?> Environment { get; private set; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>
    /// Where the pool logs the lives of its workers, and the lines that worker processes write to standard output and error (in
    /// category <c>Tandem.Worker.Output</c>).
    /// </summary>
    /// <value>The default is <see langword="null"/>: nothing is logged, and workers' lines go to this process's own streams.</value>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>What worker processes run; null for this program, as it was started.</summary>
    internal WorkerProgram? Program { get; set; }

    /// <summary><see cref="DefaultLimits"/> as they were when the pool was created; null when there are none.</summary>
    internal ItemLimits? ItemDefaults { get; private set; }

    internal WorkerPoolOptions Validated()
    {
        Check(MaxWorkers is >= 1 and <= 4096, nameof(MaxWorkers), MaxWorkers, "between 1 and 4096");
        Check(ConcurrencyPerWorker is >= 1 and <= 128, nameof(ConcurrencyPerWorker), ConcurrencyPerWorker, "between 1 and 128");
        Check(QueueCapacity >= 1, nameof(QueueCapacity), QueueCapacity, "at least 1");
        Check(Isolation is Isolation.Thread or Isolation.Process, nameof(Isolation), Isolation, "Thread or Process");
        Check(QueueFullMode is QueueFullMode.Wait or QueueFullMode.Reject, nameof(QueueFullMode), QueueFullMode, "Wait or Reject");
        Check(Transport is >= WorkerTransport.Auto and <= WorkerTransport.Portable, nameof(Transport), Transport, "Auto, SharedMemory or Portable");
        Check(!string.IsNullOrWhiteSpace(Name), nameof(Name), Name, "not empty");
        Check(Option.IsDuration(CancellationGrace) || CancellationGrace == Timeout.InfiniteTimeSpan, nameof(CancellationGrace), CancellationGrace, "between 0 and 24 days");
        Check(Option.IsDuration(TerminationGrace), nameof(TerminationGrace), TerminationGrace, "between 0 and 24 days");
        Check(Option.IsDuration(StartTimeout) && StartTimeout > TimeSpan.Zero, nameof(StartTimeout), StartTimeout, "positive, at most 24 days");
        Check(MaxRestarts >= 1, nameof(MaxRestarts), MaxRestarts, "at least 1");
        Check(Option.IsDuration(RestartPeriod) && RestartPeriod > TimeSpan.Zero, nameof(RestartPeriod), RestartPeriod, "positive, at most 24 days");
        Check(SpareWorkers is >= 0 and <= 64, nameof(SpareWorkers), SpareWorkers, "between 0 and 64");
        Check(MaxItemsPerWorker is null or >= 1, nameof(MaxItemsPerWorker), MaxItemsPerWorker, "at least 1");
        Check(MaxWorkerMemory is null or >= 16 << 20, nameof(MaxWorkerMemory), MaxWorkerMemory, "at least 16 MiB, which an empty worker takes");
        Check(MaxWorkerAge is null || (Option.IsDuration(MaxWorkerAge.Value) && MaxWorkerAge > TimeSpan.Zero), nameof(MaxWorkerAge), MaxWorkerAge, "positive, at most 24 days");
        Check(RecycleJitter is >= 0 and <= 0.9, nameof(RecycleJitter), RecycleJitter, "between 0 and 0.9");
        Check(IdleTimeout is null || (Option.IsDuration(IdleTimeout.Value) && IdleTimeout > TimeSpan.Zero), nameof(IdleTimeout), IdleTimeout, "positive, at most 24 days");
        Check(MinWorkers >= 0 && MinWorkers <= MaxWorkers, nameof(MinWorkers), MinWorkers, "between 0 and MaxWorkers");
        Check(MaxAbandonedThreads >= 0, nameof(MaxAbandonedThreads), MaxAbandonedThreads, "at least 0");
        Check(MaxNesting is >= 1 and <= 16, nameof(MaxNesting), MaxNesting, "between 1 and 16");
        if (InitializeWorker is { } initialize && initialize.GetInvocationList().Any(static one => one.Method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false)))
        {
            throw new ArgumentException(
                $"{nameof(WorkerPoolOptions)}.{nameof(InitializeWorker)} is an async void method, for whose end nobody can wait: call `.GetAwaiter().GetResult()` where it awaits.",
                nameof(InitializeWorker));
        }

        if (CollectDumps && DumpFolder is not null && !Directory.Exists(DumpFolder))
        {
            throw new ArgumentException(
                $"{nameof(WorkerPoolOptions)}.{nameof(DumpFolder)} is '{DumpFolder}', which does not exist: the runtime would write no dump. Create the folder first.",
                nameof(DumpFolder));
        }

        foreach ((string name, string? value) in Environment)
            CheckVariable(name, value);
        var copy = (WorkerPoolOptions)MemberwiseClone();
        copy.ItemDefaults = ItemLimits.Of(DefaultLimits, WorkPriority.Normal, nameof(WorkerPoolOptions), null);
        copy.Environment = new Dictionary<string, string?>(Environment, StringComparer.Ordinal);
        return copy;
    }

    /// <summary>What no system takes as a variable, or what would become another one.</summary>
    private static void CheckVariable(string name, string? value)
    {
        string? problem = name.Length == 0 ? "a name that is empty"
            : name.Contains('=') ? "a name with '=' in it"
            : name.Contains('\0') ? "a name with a NUL character in it"
            : value?.Contains('\0') == true ? "a value with a NUL character in it"
            : null;
        if (problem is not null)
            throw new ArgumentException($"{nameof(WorkerPoolOptions)}.{nameof(Environment)}[\"{name.Replace("\0", "\\0", StringComparison.Ordinal)}\"] has {problem}, which no environment can hold.");
    }

    private static void Check(bool valid, string property, object? value, string expected) =>
        Option.Check(valid, nameof(WorkerPoolOptions), property, value, expected);
}
