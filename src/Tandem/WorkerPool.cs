using System.Diagnostics.CodeAnalysis;
using Tandem.Events;
using Tandem.Invocation;
using Tandem.Mapping;
using Tandem.Processes;
using Tandem.Telemetry;
using Tandem.Threading;
using Tandem.Work;

namespace Tandem;

/// <summary>
/// Runs work on threads or in worker processes, with the same calls. If a worker process crashes, only the items that it was running fail.
/// </summary>
/// <remarks>
/// All members are thread-safe. Dispose the pool when it is no longer needed. If a program does not dispose a pool, the program still
/// exits, and no worker remains. A pool that is no longer referenced is drained when the garbage collector finalizes it.
/// <para>
/// Each work item starts in a defined context, which is the same on threads and in processes. It gets its caller's
/// <see cref="System.Globalization.CultureInfo.CurrentCulture"/>, <see cref="System.Globalization.CultureInfo.CurrentUICulture"/> and
/// current activity (its trace), and nothing else. Values of <see cref="AsyncLocal{T}"/> start empty,
/// <see cref="Thread.CurrentPrincipal"/> and <see cref="SynchronizationContext.Current"/> are null, and an item cannot change the context
/// of the next item. (<see cref="Task.Run(Action)"/> passes on the whole <see cref="ExecutionContext"/>, which cannot be sent to a
/// process.) If the work needs more, capture it: <c>string tenant = Tenant.Value; pool.RunAsync(() => Work(tenant))</c>. Initializers and
/// state factories run in the cultures of the code that created the pool, and without an activity. Static fields, environment variables,
/// the current directory and the console's writers belong to the process: changes that an item makes remain for later items.
/// </para>
/// <para>
/// A call may wait for its answer before it returns the task, if that saves the wake-up of a thread: up to 0.25 ms after short calls. A
/// caller on the thread pool that awaits each call before the next one may wait inside the call for up to about 30 ms, if its last calls
/// took between 0.05 and 15 ms each and no other work waits for a thread; so may the consumer of a map. A thread with a
/// <see cref="SynchronizationContext"/> does not wait so long.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// await using var pool = WorkerPool.Processes(4);
/// int words = await pool.RunAsync(() => CountWords(path));
/// await foreach (var scan in pool.MapAsync(files, file => Scan(file)))
///     Console.WriteLine(scan);
/// </code>
/// </example>
public partial class WorkerPool : IAsyncDisposable, IWorkerEventSource
{
    private readonly PoolEngine _engine;
    private readonly PoolGuard _guard;

    internal WorkerPool(PoolEngine engine)
    {
        _engine = engine;
        _guard = new PoolGuard(engine);
        engine.Events.Pool = new WeakReference<IWorkerEventSource>(this);
        Instruments.Add(engine);
    }

    /// <summary>
    /// Raised for events of workers: starts, crashes, kills, recycling, failures to start. Handlers run on the thread pool, one at a time
    /// and in order. Exceptions of handlers are ignored.
    /// </summary>
    public event EventHandler<WorkerEvent>? WorkerChanged;

    /// <summary>
    /// The number of processors that this process may use, according to its affinity mask and the processor quota of its container. This is
    /// the default for <see cref="WorkerPoolOptions.MaxWorkers"/>.
    /// </summary>
    public static int DefaultWorkerCount => Environment.ProcessorCount;

    internal PoolEngine Engine => _engine;

    EventHandler<WorkerEvent>? IWorkerEventSource.Handlers => WorkerChanged;

    /// <summary>Whether the workers are threads or processes.</summary>
    public Isolation Isolation => _engine.Options.Isolation;

    /// <summary>Creates a pool of threads. It also works in programs that are trimmed or compiled natively.</summary>
    /// <param name="workers">The maximum number of workers, up to 4096; 0 for <see cref="DefaultWorkerCount"/>.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workers"/> is negative or above 4096.</exception>
    public static WorkerPool Threads(int workers = 0) => Create(new ThreadedPoolOptions { MaxWorkers = OrDefault(workers) });

    /// <summary>Creates a pool of worker processes.</summary>
    /// <param name="workers">The maximum number of workers, up to 4096; 0 for <see cref="DefaultWorkerCount"/>.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workers"/> is negative or above 4096.</exception>
    /// <exception cref="WorkerStartException">This program cannot be started as a worker process; the message says what to do.</exception>
    [RequiresUnreferencedCode(ProcessPools.Trimmed)]
    [RequiresDynamicCode(ProcessPools.Native)]
    public static WorkerPool Processes(int workers = 0) => Create(new ProcessPoolOptions { MaxWorkers = OrDefault(workers) });

    /// <summary>Creates a pool of threads. It also works in programs that are trimmed or compiled natively.</summary>
    /// <param name="options">The options. Later changes to the object have no effect.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    /// <exception cref="ArgumentException"><see cref="WorkerPoolOptions.InitializeWorker"/> is an <c>async void</c> method.</exception>
    public static WorkerPool Create(ThreadedPoolOptions options) => Create((WorkerPoolOptions)options);

    /// <summary>Creates a pool of worker processes.</summary>
    /// <returns>The pool.</returns>
    /// <inheritdoc cref="Create(WorkerPoolOptions)"/>
    [RequiresUnreferencedCode(ProcessPools.Trimmed)]
    [RequiresDynamicCode(ProcessPools.Native)]
    public static WorkerPool Create(ProcessPoolOptions options) => Create((WorkerPoolOptions)options);

    /// <summary>
    /// Creates a pool of threads or of processes, depending on the type of the options (<see cref="WorkerPoolOptions.For"/>).
    /// </summary>
    /// <param name="options">The options. Later changes to the object have no effect.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    /// <exception cref="ArgumentException">
    /// <see cref="ProcessPoolOptions.DumpFolder"/> does not exist, <see cref="ProcessPoolOptions.Environment"/> has a name or a value that
    /// no environment can contain, or <see cref="WorkerPoolOptions.InitializeWorker"/> is an <c>async void</c> method.
    /// </exception>
    /// <exception cref="WorkerStartException">This program cannot be started as a worker process; the message says what to do.</exception>
    public static WorkerPool Create(WorkerPoolOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        WorkerPoolOptions valid = options.Validated();
        return new WorkerPool(CreateEngine(valid));
    }

    /// <summary>Creates a pool of threads in which each thread has its own state.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="options">The options. Later changes to the object have no effect.</param>
    /// <param name="createState">Builds the state once in each worker, before its first item.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    /// <exception cref="ArgumentException"><see cref="WorkerPoolOptions.InitializeWorker"/> is an <c>async void</c> method.</exception>
    public static WorkerPool<TState> Create<TState>(ThreadedPoolOptions options, Func<TState> createState) =>
        Create((WorkerPoolOptions)options, createState);

    /// <summary>Creates a pool of worker processes in which each process has its own state.</summary>
    /// <returns>The pool.</returns>
    /// <inheritdoc cref="Create{TState}(WorkerPoolOptions, Func{TState})"/>
    [RequiresUnreferencedCode(ProcessPools.Trimmed)]
    [RequiresDynamicCode(ProcessPools.Native)]
    public static WorkerPool<TState> Create<TState>(ProcessPoolOptions options, Func<TState> createState) =>
        Create((WorkerPoolOptions)options, createState);

    /// <summary>Creates a pool in which each worker has its own state.</summary>
    /// <typeparam name="TState">The type of the state. The state is never serialized, so any type is allowed.</typeparam>
    /// <param name="options">The options. Later changes to the object have no effect.</param>
    /// <param name="createState">Builds the state once in each worker, before its first item. The captured variables are
    /// serialized.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    /// <exception cref="ArgumentException">
    /// <see cref="ProcessPoolOptions.DumpFolder"/> does not exist, <see cref="ProcessPoolOptions.Environment"/> has a name or a value that
    /// no environment can contain, or <see cref="WorkerPoolOptions.InitializeWorker"/> is an <c>async void</c> method.
    /// </exception>
    /// <exception cref="WorkSerializationException">A value that <paramref name="createState"/> captures cannot be serialized.</exception>
    /// <exception cref="WorkerStartException">This program cannot be started as a worker process; the message says what to do.</exception>
    public static WorkerPool<TState> Create<TState>(WorkerPoolOptions options, Func<TState> createState)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(createState);
        WorkerPoolOptions valid = options.Validated();
        return new WorkerPool<TState>(CreateEngine(valid, () => createState(), createState, PlainAdapter<TState>.Instance));
    }

    /// <summary>
    /// Changes the maximum number of workers. More workers start when work needs them. If there are too many workers, some end when their
    /// current items have completed; no item is lost. Until then, the pool has more workers than the new maximum.
    /// </summary>
    /// <param name="workers">The new <see cref="WorkerPoolOptions.MaxWorkers"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workers"/> is not between 1 and 4096.</exception>
    public void Resize(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(workers, 4096);
        _engine.Resize(workers);
    }

    /// <summary>
    /// Returns the current state of the pool: its workers and what each of them runs, its queue, and counts. It is cheap enough to call
    /// every second.
    /// </summary>
    /// <returns>An immutable object.</returns>
    public PoolSnapshot Snapshot() => _engine.Snapshot();

    /// <summary>
    /// Completes running items, fails waiting items with <see cref="ObjectDisposedException"/>, and ends the workers. An item that crashes
    /// its worker after this call is not retried, whatever its <see cref="WorkLimits.MaxCrashRetries"/>.
    /// </summary>
    /// <returns>A task that completes when no worker is left.</returns>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(StopMode.Finish).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Accepts no more work, runs all submitted items, and ends the workers.</summary>
    /// <param name="cancellationToken">Cancels the wait. The pool continues to drain.</param>
    /// <returns>A task that completes when no worker is left.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before that.</exception>
    public Task DrainAsync(CancellationToken cancellationToken = default) => EndAsync(StopMode.Drain).WaitAsync(cancellationToken);

    /// <summary>
    /// Stops the pool at once. Waiting items fail. Running items are cancelled, and worker processes that do not exit within
    /// <see cref="WorkerPoolOptions.CancellationGrace"/> are killed. A thread that ignores its token cannot be killed: the pool abandons
    /// it, as a background thread, and its call fails with <see cref="ObjectDisposedException"/>, as in a process.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait. The pool continues to stop.</param>
    /// <returns>A task that completes when no worker is left.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before that.</exception>
    public Task StopAsync(CancellationToken cancellationToken = default) => EndAsync(StopMode.Abort).WaitAsync(cancellationToken);

    /// <summary>
    /// Kills every worker process that is running an item, at once. The items fail with <see cref="WorkerCrashedException"/>.
    /// </summary>
    internal void Kill(string reason) => _engine.Kill(reason);

    private Task EndAsync(StopMode mode)
    {
        _guard.Dispose();
        Instruments.Remove(_engine);
        return _engine.StopAsync(mode);
    }

    private protected Task<TResult> Submit<TResult>(
        DelegateAdapter<TResult> adapter, Delegate work, object? argument, WorkOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<TResult>(cancellationToken);

        try
        {
            var task = new CallTask<TResult>();
            WorkItem item = _engine.CreateItem(task, adapter, work, argument, cancellationToken);
            if (options?.Name is { } name)
                item.Details.Name = name;
            if (ItemLimits.Of(options, _engine.Options.ItemDefaults) is { } limits)
                item.Details.Limits = limits;

            _engine.Submit(item);
            GC.KeepAlive(this); // the pool must not be finalized before this point, even if this call is its last use
            return task.Task;
        }
        catch (WorkSerializationException e)
        {
            e.SetWorkItemName(options?.Name ?? MethodNames.Readable(work.Method));
            throw;
        }
    }

    private protected IAsyncEnumerable<TOut> Map<TItem, TResult, TOut>(
        ItemAdapter<TItem, TResult> adapter,
        Delegate work,
        object source,
        MapOptions? options,
        MapEnumerable<TItem, TResult, TOut>.OutcomeSelector pick,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(work);
        return new MapEnumerable<TItem, TResult, TOut>(
            this,
            _engine,
            adapter,
            work,
            token => source is IAsyncEnumerable<TItem> asynchronous
                ? ItemSource<TItem>.Of(asynchronous, token)
                : ItemSource<TItem>.Of((IEnumerable<TItem>)source),
            (options ?? new MapOptions()).Validated(),
            pick,
            cancellationToken);
    }

    private protected async Task ForEach<TItem>(
        ItemAdapter<TItem, VoidResult> adapter, Delegate work, object source, MapOptions? options, CancellationToken cancellationToken)
    {
        MapOptions unordered = (options ?? new MapOptions()).Validated();
        unordered.Ordered = false;
        IAsyncEnumerable<VoidResult> outcomes = Map<TItem, VoidResult, VoidResult>(
            adapter, work, source, unordered, Outcomes.Value, cancellationToken);
        await foreach (VoidResult _ in outcomes.ConfigureAwait(false))
        {
            // The enumerator throws the first error.
        }
    }

    /// <summary>The only place that chooses an engine.</summary>
    /// <param name="options">The validated options.</param>
    /// <param name="build">Builds the state of a worker in this process; null for a pool without a state.</param>
    /// <param name="createState">The user's delegate for the same, which is serialized.</param>
    /// <param name="adapter">Calls that delegate.</param>
    private static PoolEngine CreateEngine(
        WorkerPoolOptions options,
        Func<object?>? build = null,
        Delegate? createState = null,
        DelegateAdapter? adapter = null) => options switch
        {
            ThreadedPoolOptions threads => new ThreadEngine(threads, build),
            ProcessPoolOptions processes when ProcessPools.AreSupported =>
                new ProcessEngine(processes, createState is null ? null : () => StartupStep.StateFactory(createState, adapter!)),
            _ => throw ProcessPools.NotSupported(),
        };

    private static int OrDefault(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        return workers == 0 ? DefaultWorkerCount : workers;
    }
}
