using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Tandem;

/// <summary>
/// The options that all pools have. <see cref="ThreadedPoolOptions"/> and <see cref="ProcessPoolOptions"/> add the options of their kind of
/// pool. <see cref="For"/> creates one of the two, for programs that choose at run time.
/// </summary>
/// <remarks>Options are read once, when the pool is created; later changes have no effect.</remarks>
public abstract class WorkerPoolOptions
{
    private protected WorkerPoolOptions()
    {
    }

    /// <summary>Whether workers are threads or processes.</summary>
    public abstract Isolation Isolation { get; }

    /// <summary>The maximum number of workers. Workers are started when work needs them (see <see cref="StartEagerly"/>).</summary>
    /// <value>
    /// Between 1 and 4096. The default is <see cref="WorkerPool.DefaultWorkerCount"/>: the number of processors that this process may use.
    /// </value>
    public int MaxWorkers { get; set; } = Environment.ProcessorCount;

    /// <summary>
    /// How many work items one worker runs at the same time, each on its own thread. The pool then has processes × threads. If the worker
    /// crashes, all of its running items fail together.
    /// </summary>
    /// <value>Between 1 and 128. The default is 1.</value>
    public int ConcurrencyPerWorker { get; set; } = 1;

    /// <summary>How many items may wait for a worker. <see cref="QueueFullMode"/> decides what happens to further items.</summary>
    /// <value>A number of items, at least 1. The default is <see cref="int.MaxValue"/>: no limit.</value>
    public int QueueCapacity { get; set; } = int.MaxValue;

    /// <summary>What a call does when <see cref="QueueCapacity"/> items are already waiting.</summary>
    /// <value>The default is <see cref="QueueFullMode.Wait"/>.</value>
    public QueueFullMode QueueFullMode { get; set; } = QueueFullMode.Wait;

    /// <summary>
    /// Whether all workers are started with the pool, in parallel. Otherwise they are started when work first needs them.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool StartEagerly { get; set; }

    /// <summary>The pool's name in logs, thread names and errors.</summary>
    /// <value>Not empty. The default is <c>"pool"</c>.</value>
    public string Name { get; set; } = "pool";

    /// <summary>
    /// How long a worker process may continue an item whose token was cancelled before the process is killed. A thread cannot be killed:
    /// the call ends when its work returns, or with the pool. <see cref="WorkerPool.StopAsync"/> fails items that are still running after
    /// this time, and abandons their threads.
    /// </summary>
    /// <value>
    /// Between 0 and 24 days, or <see cref="Timeout.InfiniteTimeSpan"/> to never kill. The default is 5 seconds.
    /// </value>
    public TimeSpan CancellationGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a worker process has to exit after SIGTERM before it gets SIGKILL, and how long <see cref="WorkerPool.StopAsync"/> waits
    /// for threads that dispose their state. Windows has no SIGTERM: there, a worker has this time only after it was told to stop.
    /// </summary>
    /// <value>Between 0 and 24 days. The default is 2 seconds.</value>
    public TimeSpan TerminationGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The limits of each call that does not set them itself (with <see cref="WorkOptions.Limits"/> or <see cref="MapOptions.Limits"/>).
    /// </summary>
    /// <value>The default has no limits.</value>
    public WorkLimits DefaultLimits { get; } = new();

    /// <summary>
    /// Runs once in each worker, before its state factory and its first item. Use it for settings of the process that work relies on, such
    /// as encoding providers, <see cref="AppContext"/> switches and default cultures. The captured variables are serialized.
    /// </summary>
    /// <remarks>
    /// Spares and replacements run it too. In a pool of threads, each thread runs it once in this process, possibly several at the same
    /// time, so it must tolerate repeated runs. State that belongs to its thread
    /// (<see cref="System.Globalization.CultureInfo.CurrentCulture"/>, an
    /// <see cref="AsyncLocal{T}"/>) does not reach items. If it throws, the worker has failed to start: see
    /// <see cref="ProcessPoolOptions.MaxRestarts"/>. It must not be an <c>async</c> lambda or another <c>async void</c> method, whose end
    /// cannot be awaited: creating the pool fails with <see cref="ArgumentException"/>.
    /// </remarks>
    /// <value>The default is <see langword="null"/>: nothing.</value>
    public Action? InitializeWorker { get; set; }

    /// <summary>
    /// Receives log entries about the pool's workers, and the lines that worker processes write to standard output and error (in
    /// category <c>Tandem.Worker.Output</c>).
    /// </summary>
    /// <value>The default is <see langword="null"/>: nothing is logged, and workers' lines go to this process's own streams.</value>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>
    /// The clock by which the pool decides: <see cref="WorkLimits.QueueTimeout"/>, grace periods, the start and restart of workers, their
    /// age and idle time, the time limits of items that run on threads; and the times of events. Tests set a clock that they can advance,
    /// such as the <c>FakeTimeProvider</c> of the package Microsoft.Extensions.TimeProvider.Testing.
    /// </summary>
    /// <remarks>
    /// What is observed of worker processes stays on the system's clock, because they live in real time: how long an item has run there
    /// (<see cref="WorkLimits.Timeout"/>), the memory that it holds, and whether a worker starts what it was sent. All processes of a
    /// system share that clock. Durations in metrics and traces are also measured by it.
    /// </remarks>
    /// <value>The default is <see langword="null"/>: <see cref="System.TimeProvider.System"/>.</value>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary><see cref="TimeProvider"/>, or the system's.</summary>
    internal TimeProvider Time => TimeProvider ?? System.TimeProvider.System;

    /// <summary>What worker processes run; null for this program, as it was started.</summary>
    internal WorkerProgram? Program { get; set; }

    /// <summary>A copy of <see cref="DefaultLimits"/> from the time when the pool was created; null if there are no limits.</summary>
    internal ItemLimits? ItemDefaults { get; private set; }

    /// <summary>
    /// Creates options with default values, for programs that choose between threads and processes at run time. To set an option of only
    /// one kind of pool, check the type: <c>if (options is ProcessPoolOptions processes) processes.SpareWorkers = 1;</c>
    /// </summary>
    /// <param name="isolation">The kind of workers.</param>
    /// <returns>A <see cref="ThreadedPoolOptions"/> or a <see cref="ProcessPoolOptions"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="isolation"/> is not a defined value.</exception>
    public static WorkerPoolOptions For(Isolation isolation) => isolation switch
    {
        Isolation.Thread => new ThreadedPoolOptions(),
        Isolation.Process => new ProcessPoolOptions(),
        _ => throw new ArgumentOutOfRangeException(
            nameof(isolation), isolation, $"The isolation is {isolation}; it must be Thread or Process."),
    };

    /// <summary>Validates the options and returns a copy, which later changes do not affect.</summary>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    internal WorkerPoolOptions Validated()
    {
        Check(MaxWorkers is >= 1 and <= 4096, nameof(MaxWorkers), MaxWorkers, "between 1 and 4096");
        Check(ConcurrencyPerWorker is >= 1 and <= 128, nameof(ConcurrencyPerWorker), ConcurrencyPerWorker, "between 1 and 128");
        Check(QueueCapacity >= 1, nameof(QueueCapacity), QueueCapacity, "at least 1");
        Check(QueueFullMode is QueueFullMode.Wait or QueueFullMode.Reject, nameof(QueueFullMode), QueueFullMode, "Wait or Reject");
        Check(!string.IsNullOrWhiteSpace(Name), nameof(Name), Name, "not empty");
        Check(
            Option.IsDuration(CancellationGrace) || CancellationGrace == Timeout.InfiniteTimeSpan,
            nameof(CancellationGrace), CancellationGrace, "between 0 and 24 days, or Timeout.InfiniteTimeSpan");
        Check(Option.IsDuration(TerminationGrace), nameof(TerminationGrace), TerminationGrace, "between 0 and 24 days");
        if (InitializeWorker is { } initialize && initialize.GetInvocationList().Any(
            static one => one.Method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false)))
        {
            throw new ArgumentException(
                $"{nameof(WorkerPoolOptions)}.{nameof(InitializeWorker)} is an async void method, whose end cannot be awaited: "
                    + "call `.GetAwaiter().GetResult()` where it awaits.",
                nameof(InitializeWorker));
        }

        CheckOwn();
        var copy = (WorkerPoolOptions)MemberwiseClone();
        copy.ItemDefaults = ItemLimits.Of(DefaultLimits, WorkPriority.Normal, nameof(WorkerPoolOptions), null);
        copy.Detach();
        return copy;
    }

    /// <summary>Validates the options of this kind of pool.</summary>
    private protected abstract void CheckOwn();

    /// <summary>Copies the objects that a copy still shares with its original.</summary>
    private protected virtual void Detach()
    {
    }

    private static void Check(bool valid, string property, object? value, string expected) =>
        Option.Check(valid, nameof(WorkerPoolOptions), property, value, expected);
}
