using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Tests.Infrastructure;

/// <summary>One way of running work, with what it promises beyond the others, and a pool that the tests of a class share.</summary>
public abstract class Backend : IAsyncLifetime
{
    private readonly Lazy<WorkerPool> _pool;

    protected Backend() => _pool = new Lazy<WorkerPool>(() => Create());

    public abstract Isolation Isolation { get; }

    public virtual WorkerTransport Transport => WorkerTransport.Auto;

    /// <summary>Whether workers have processes of their own: with an environment, static fields and an end of their own.</summary>
    public bool HasProcesses => Isolation == Isolation.Process;

    /// <summary>Whether the work gets copies of what it captures, rather than the objects themselves.</summary>
    public virtual bool CopiesValues => HasProcesses;

    /// <summary>Whether work that ignores its token can be ended all the same.</summary>
    public bool CanKill => HasProcesses;

    /// <summary>Two workers; for tests that leave them as they were.</summary>
    public WorkerPool Pool => _pool.Value;

    /// <summary>
    /// Options with a logger that drops what dying workers print. A test of what happens after a grace sets that one itself: on a busy machine
    /// a worker that obeys may need longer than users would grant it.
    /// </summary>
    public WorkerPoolOptions Options(int workers = 2)
    {
        WorkerPoolOptions options = WorkerPoolOptions.For(Isolation);
        options.MaxWorkers = workers;
        options.LoggerFactory = NullLoggerFactory.Instance;
        options.CancellationGrace = options.TerminationGrace = Limits.Condition;
        if (options is ProcessPoolOptions processes)
            processes.Transport = Transport;
        return options;
    }

    /// <inheritdoc cref="Options"/>
    /// <remarks>For tests that only make sense in processes.</remarks>
    public ProcessPoolOptions ProcessOptions(int workers = 2) => (ProcessPoolOptions)Options(workers);

    public WorkerPool Create(int workers = 2, Action<WorkerPoolOptions>? configure = null)
    {
        WorkerPoolOptions options = Options(workers);
        configure?.Invoke(options);
        return Create(options);
    }

    /// <summary>A pool of processes, for tests that only make sense in processes.</summary>
    public WorkerPool CreateProcesses(int workers, Action<ProcessPoolOptions> configure)
    {
        ProcessPoolOptions options = ProcessOptions(workers);
        configure(options);
        return Create(options);
    }

    /// <summary>All pools of these tests are made here, or below: what is no engine of Tandem's makes them itself.</summary>
    public virtual WorkerPool Create(WorkerPoolOptions options) => WorkerPool.Create(options);

    public virtual WorkerPool<TState> Create<TState>(WorkerPoolOptions options, Func<TState> createState) => WorkerPool.Create(options, createState);

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_pool.IsValueCreated)
            await _pool.Value.DisposeAsync();
    }
}

public sealed class ThreadBackend : Backend
{
    public override Isolation Isolation => Isolation.Thread;
}

public sealed class SharedMemoryBackend : Backend
{
    public override Isolation Isolation => Isolation.Process;

    public override WorkerTransport Transport => WorkerTransport.SharedMemory;
}

public sealed class MappedMemoryBackend : Backend
{
    public override Isolation Isolation => Isolation.Process;

    public override WorkerTransport Transport => WorkerTransport.MappedMemory;
}

public sealed class PortableBackend : Backend
{
    public override Isolation Isolation => Isolation.Process;

    public override WorkerTransport Transport => WorkerTransport.Portable;
}
