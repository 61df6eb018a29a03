using System.Diagnostics.CodeAnalysis;
using Tandem.Events;
using Tandem.Mapping;
using Tandem.Processes;
using Tandem.Shipping;
using Tandem.Telemetry;
using Tandem.Threading;
using Tandem.Work;

namespace Tandem;

/// <summary>
/// Runs work on threads or in separate processes: the same calls, with one word choosing between them. A worker process that dies
/// takes only the item with it that it ran.
/// </summary>
/// <remarks>
/// Safe for use by any number of threads. Dispose it when done. A program that forgets to still exits, with no worker left; and a pool
/// that nothing refers to any more is drained when the garbage collector finds it.
/// <para>
/// Each work item starts from a defined context, the same on threads and in processes: it has its caller's
/// <see cref="System.Globalization.CultureInfo.CurrentCulture"/>, <see cref="System.Globalization.CultureInfo.CurrentUICulture"/> and
/// current activity (its trace), and nothing else. Values of <see cref="AsyncLocal{T}"/> start empty,
/// <see cref="Thread.CurrentPrincipal"/> and <see cref="SynchronizationContext.Current"/> are null, and what an item sets does not reach
/// the next item. <see cref="Task.Run(Action)"/> passes on the whole <see cref="ExecutionContext"/>; a process cannot have that. Capture what
/// else the work needs: <c>string tenant = Tenant.Value; pool.RunAsync(() => Work(tenant))</c>. Initializers and state factories have the
/// cultures of who made the pool, and no activity. Static fields, environment variables, the current folder and the console's writers
/// belong to the process: what an item changes there stays for the items after it.
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
    /// Raised for what happens to workers: starts, crashes, kills, recycling, failures to start. On the thread pool, one at a time,
    /// in order; a handler that throws is ignored.
    /// </summary>
    public event EventHandler<WorkerEvent>? WorkerChanged;

    /// <summary>
    /// The processors that this process may use: its affinity mask and its container's processor quota are honoured. The default
    /// for <see cref="WorkerPoolOptions.MaxWorkers"/>.
    /// </summary>
    public static int DefaultWorkerCount => Environment.ProcessorCount;

    internal PoolEngine Engine => _engine;

    EventHandler<WorkerEvent>? IWorkerEventSource.Handlers => WorkerChanged;

    /// <summary>What the workers are.</summary>
    public Isolation Isolation => _engine.Options.Isolation;

    /// <summary>Creates a pool of threads. It works in programs that are trimmed or compiled natively, too.</summary>
    /// <param name="workers">How many there are at most, up to 4096; 0 for <see cref="DefaultWorkerCount"/>.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workers"/> is negative or above 4096.</exception>
    public static WorkerPool Threads(int workers = 0) => Create(new ThreadedPoolOptions { MaxWorkers = OrDefault(workers) });

    /// <summary>Creates a pool of worker processes.</summary>
    /// <param name="workers">How many there are at most, up to 4096; 0 for <see cref="DefaultWorkerCount"/>.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workers"/> is negative or above 4096.</exception>
    /// <exception cref="WorkerStartException">This program cannot be started as a worker process; the message says what to do.</exception>
    [RequiresUnreferencedCode(ProcessPools.Trimmed)]
    [RequiresDynamicCode(ProcessPools.Native)]
    public static WorkerPool Processes(int workers = 0) => Create(new ProcessPoolOptions { MaxWorkers = OrDefault(workers) });

    /// <summary>Creates a pool of threads. It works in programs that are trimmed or compiled natively, too.</summary>
    /// <param name="options">How; later changes to the object have no effect.</param>
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

    /// <summary>Creates a pool of threads or of processes, as its options say (<see cref="WorkerPoolOptions.For"/>).</summary>
    /// <param name="options">How; later changes to the object have no effect.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    /// <exception cref="ArgumentException">
    /// <see cref="ProcessPoolOptions.DumpFolder"/> does not exist, <see cref="ProcessPoolOptions.Environment"/> has a name or a value that no
    /// environment can hold, or <see cref="WorkerPoolOptions.InitializeWorker"/> is an <c>async void</c> method.
    /// </exception>
    /// <exception cref="WorkerStartException">This program cannot be started as a worker process; the message says what to do.</exception>
    public static WorkerPool Create(WorkerPoolOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        WorkerPoolOptions valid = options.Validated();
        return new WorkerPool(CreateEngine(valid));
    }

    /// <summary>Creates a pool of threads in which each thread has a state of its own.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="options">How; later changes to the object have no effect.</param>
    /// <param name="createState">Builds the state, once in each worker, before its first item.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    /// <exception cref="ArgumentException"><see cref="WorkerPoolOptions.InitializeWorker"/> is an <c>async void</c> method.</exception>
    public static WorkerPool<TState> Create<TState>(ThreadedPoolOptions options, Func<TState> createState) =>
        Create((WorkerPoolOptions)options, createState);

    /// <summary>Creates a pool of worker processes in which each process has a state of its own.</summary>
    /// <returns>The pool.</returns>
    /// <inheritdoc cref="Create{TState}(WorkerPoolOptions, Func{TState})"/>
    [RequiresUnreferencedCode(ProcessPools.Trimmed)]
    [RequiresDynamicCode(ProcessPools.Native)]
    public static WorkerPool<TState> Create<TState>(ProcessPoolOptions options, Func<TState> createState) =>
        Create((WorkerPoolOptions)options, createState);

    /// <summary>Creates a pool in which each worker has a state of its own.</summary>
    /// <typeparam name="TState">The type of the state; it never travels, so it may be anything.</typeparam>
    /// <param name="options">How; later changes to the object have no effect.</param>
    /// <param name="createState">Builds the state, once in each worker, before its first item. What it captures travels.</param>
    /// <returns>The pool.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    /// <exception cref="ArgumentException">
    /// <see cref="ProcessPoolOptions.DumpFolder"/> does not exist, <see cref="ProcessPoolOptions.Environment"/> has a name or a value that no
    /// environment can hold, or <see cref="WorkerPoolOptions.InitializeWorker"/> is an <c>async void</c> method.
    /// </exception>
    /// <exception cref="WorkSerializationException">A value that <paramref name="createState"/> captures cannot travel.</exception>
    /// <exception cref="WorkerStartException">This program cannot be started as a worker process; the message says what to do.</exception>
    public static WorkerPool<TState> Create<TState>(WorkerPoolOptions options, Func<TState> createState)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(createState);
        WorkerPoolOptions valid = options.Validated();
        return new WorkerPool<TState>(CreateEngine(valid, () => createState(), createState, PlainForm<TState>.Instance));
    }

    /// <summary>
    /// Changes how many workers there are at most. More start when work needs them; those that are too many end when the items that
    /// they run are done, and nothing is lost. Until then there are more than asked for.
    /// </summary>
    /// <param name="workers">The new <see cref="WorkerPoolOptions.MaxWorkers"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workers"/> is not between 1 and 4096.</exception>
    public void Resize(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(workers, 4096);
        _engine.Resize(workers);
    }

    /// <summary>What the pool looks like now: its workers, what each of them does, its queue, and counts. Cheap enough for every second.</summary>
    /// <returns>A new object, which does not change.</returns>
    public PoolSnapshot Snapshot() => _engine.Snapshot();

    /// <summary>
    /// Finishes what runs, fails what waits with <see cref="ObjectDisposedException"/>, and ends the workers. An item that crashes from then
    /// on is not tried again, whatever its <see cref="WorkLimits.MaxCrashRetries"/>.
    /// </summary>
    /// <returns>A task that completes when no worker is left.</returns>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(StopMode.Finish).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes no more work, runs everything that was submitted, and ends the workers.</summary>
    /// <param name="cancellationToken">Ends the wait; the pool goes on draining.</param>
    /// <returns>A task that completes when no worker is left.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before that.</exception>
    public Task DrainAsync(CancellationToken cancellationToken = default) => EndAsync(StopMode.Drain).WaitAsync(cancellationToken);

    /// <summary>
    /// Stops now: what waits fails; what runs is cancelled, and worker processes that do not end within
    /// <see cref="WorkerPoolOptions.CancellationGrace"/> are killed. A thread that ignores its token cannot be killed: it is left
    /// behind, as a background thread, and its call fails with <see cref="ObjectDisposedException"/> as in a process.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; the pool goes on stopping.</param>
    /// <returns>A task that completes when no worker is left.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before that.</exception>
    public Task StopAsync(CancellationToken cancellationToken = default) => EndAsync(StopMode.Abort).WaitAsync(cancellationToken);

    /// <summary>Ends the process of every worker that runs something, at once; its items fail with <see cref="WorkerCrashedException"/>.</summary>
    internal void Kill(string reason) => _engine.Kill(reason);

    private Task EndAsync(StopMode mode)
    {
        _guard.Dispose();
        Instruments.Remove(_engine);
        return _engine.StopAsync(mode);
    }

    private protected Task<TResult> Submit<TResult>(
        Form<TResult> form, Delegate work, object? argument, WorkOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<TResult>(cancellationToken);

        try
        {
            var task = new CallTask<TResult>();
            WorkItem item = _engine.CreateItem(task, form, work, argument, cancellationToken);
            if (options?.Name is { } name)
                item.Details.Name = name;
            if (ItemLimits.Of(options, _engine.Options.ItemDefaults) is { } limits)
                item.Details.Limits = limits;

            _engine.Submit(item);
            GC.KeepAlive(this); // until here the pool is in use, also where this call is the last one
            return task.Task;
        }
        catch (WorkSerializationException e)
        {
            e.SetWorkItemName(options?.Name ?? MethodNames.Readable(work.Method));
            throw;
        }
    }

    private protected IAsyncEnumerable<TOut> Map<TItem, TResult, TOut>(
        ItemForm<TItem, TResult> form,
        Delegate work,
        object source,
        MapOptions? options,
        MapEnumerable<TItem, TResult, TOut>.Picker pick,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(work);
        return new MapEnumerable<TItem, TResult, TOut>(
            this,
            _engine,
            form,
            work,
            token => source is IAsyncEnumerable<TItem> asynchronous ? ItemSource<TItem>.Of(asynchronous, token) : ItemSource<TItem>.Of((IEnumerable<TItem>)source),
            (options ?? new MapOptions()).Validated(),
            pick,
            cancellationToken);
    }

    private protected async Task ForEach<TItem>(
        ItemForm<TItem, Nothing> form, Delegate work, object source, MapOptions? options, CancellationToken cancellationToken)
    {
        MapOptions unordered = (options ?? new MapOptions()).Validated();
        unordered.Ordered = false;
        IAsyncEnumerable<Nothing> outcomes = Map<TItem, Nothing, Nothing>(form, work, source, unordered, Pickers.Value, cancellationToken);
        await foreach (Nothing _ in outcomes.ConfigureAwait(false))
        {
            // An error is thrown here.
        }
    }

    /// <summary>The only place that chooses an engine.</summary>
    /// <param name="options">Validated.</param>
    /// <param name="build">Builds the state of a worker in this process; null where workers have none.</param>
    /// <param name="createState">The same as the user gave it, to be serialized.</param>
    /// <param name="form">How that is called.</param>
    private static PoolEngine CreateEngine(WorkerPoolOptions options, Func<object?>? build = null, Delegate? createState = null, Form? form = null) => options switch
    {
        ThreadedPoolOptions threads => new ThreadEngine(threads, build),
        ProcessPoolOptions processes when ProcessPools.AreSupported =>
            new ProcessEngine(processes, createState is null ? null : () => StartupStep.StateFactory(createState, form!)),
        _ => throw ProcessPools.NotSupported(),
    };

    private static int OrDefault(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        return workers == 0 ? DefaultWorkerCount : workers;
    }
}
