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
    public int Workers { get; set; } = WorkerPool.DefaultWorkerCount;

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
    /// there the call ends when the work does.
    /// </summary>
    /// <value>The default is 5 seconds. <see cref="Timeout.InfiniteTimeSpan"/> never kills.</value>
    public TimeSpan CancellationGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a worker process has to end by itself after SIGTERM before SIGKILL.</summary>
    /// <value>The default is 2 seconds.</value>
    public TimeSpan TerminationGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a worker may take to start, its state factory included.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many workers may fail to start in a row before waiting items fail with <see cref="WorkerStartException"/>.</summary>
    /// <value>The default is 3. Starts are retried with exponential back-off as long as there is work.</value>
    public int StartRetryLimit { get; set; } = 3;

    /// <summary>
    /// How deep pools may nest: a pool of processes inside a work item that runs in a worker process is one level. Deeper gives
    /// <see cref="WorkerStartException"/>.
    /// </summary>
    /// <value>The default is 2. The limit of the outermost process holds for all below it.</value>
    public int MaximumNesting { get; set; } = 2;

    /// <summary>Environment variables that worker processes get beside this process's own; a <see langword="null"/> value removes one.</summary>
    public IDictionary<string, string?> Environment { get; private set; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>
    /// Where the pool logs the lives of its workers, and the lines that worker processes write to standard output and error (in
    /// category <c>Tandem.Worker.Output</c>).
    /// </summary>
    /// <value>The default is <see langword="null"/>: nothing is logged, and workers' lines go to this process's own streams.</value>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal WorkerPoolOptions Validated()
    {
        Check(Workers is >= 1 and <= 4096, nameof(Workers), Workers, "between 1 and 4096");
        Check(ConcurrencyPerWorker is >= 1 and <= 128, nameof(ConcurrencyPerWorker), ConcurrencyPerWorker, "between 1 and 128");
        Check(QueueCapacity >= 1, nameof(QueueCapacity), QueueCapacity, "at least 1");
        Check(Isolation is Isolation.Thread or Isolation.Process, nameof(Isolation), Isolation, "Thread or Process");
        Check(QueueFullMode is QueueFullMode.Wait or QueueFullMode.Reject, nameof(QueueFullMode), QueueFullMode, "Wait or Reject");
        Check(Transport is >= WorkerTransport.Auto and <= WorkerTransport.Portable, nameof(Transport), Transport, "Auto, SharedMemory or Portable");
        Check(!string.IsNullOrWhiteSpace(Name), nameof(Name), Name, "not empty");
        Check(IsDuration(CancellationGrace) || CancellationGrace == Timeout.InfiniteTimeSpan, nameof(CancellationGrace), CancellationGrace, "between 0 and 24 days");
        Check(IsDuration(TerminationGrace), nameof(TerminationGrace), TerminationGrace, "between 0 and 24 days");
        Check(IsDuration(StartTimeout) && StartTimeout > TimeSpan.Zero, nameof(StartTimeout), StartTimeout, "positive, at most 24 days");
        Check(StartRetryLimit >= 1, nameof(StartRetryLimit), StartRetryLimit, "at least 1");
        Check(MaximumNesting is >= 1 and <= 16, nameof(MaximumNesting), MaximumNesting, "between 1 and 16");
        var copy = (WorkerPoolOptions)MemberwiseClone();
        copy.Environment = new Dictionary<string, string?>(Environment, StringComparer.Ordinal);
        return copy;
    }

    private static bool IsDuration(TimeSpan value) => value >= TimeSpan.Zero && value.TotalMilliseconds < int.MaxValue;

    private static void Check(bool valid, string property, object? value, string expected)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(property, value, $"{nameof(WorkerPoolOptions)}.{property} is {value ?? "null"}; it must be {expected}.");
        }
    }
}
