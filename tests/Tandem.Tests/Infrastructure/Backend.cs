using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Tests.Infrastructure;

/// <summary>One way of running work, with what it promises beyond the others, and a pool that the tests of a class share.</summary>
public abstract class Backend : IAsyncLifetime
{
    private readonly Lazy<WorkerPool> _pool;

    protected Backend() => _pool = new Lazy<WorkerPool>(() => Create());

    public abstract Isolation Isolation { get; }

    public virtual WorkerTransport Transport => WorkerTransport.Auto;

    /// <summary>Whether the work gets copies of what it captures, rather than the objects themselves.</summary>
    public bool CopiesValues => Isolation == Isolation.Process;

    /// <summary>Whether work that ignores its token can be ended all the same.</summary>
    public bool CanKill => Isolation == Isolation.Process;

    /// <summary>Two workers; for tests that leave them as they were.</summary>
    public WorkerPool Pool => _pool.Value;

    /// <summary>
    /// Options with a logger that drops what dying workers print. A test of what happens after a grace sets that one itself: on a busy machine
    /// a worker that obeys may need longer than users would grant it.
    /// </summary>
    public WorkerPoolOptions Options(int workers = 2) => new()
    {
        Isolation = Isolation,
        Transport = Transport,
        Workers = workers,
        LoggerFactory = NullLoggerFactory.Instance,
        CancellationGrace = Limits.Condition,
        TerminationGrace = Limits.Condition,
    };

    public WorkerPool Create(int workers = 2, Action<WorkerPoolOptions>? configure = null)
    {
        WorkerPoolOptions options = Options(workers);
        configure?.Invoke(options);
        return WorkerPool.Create(options);
    }

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

public sealed class PortableBackend : Backend
{
    public override Isolation Isolation => Isolation.Process;

    public override WorkerTransport Transport => WorkerTransport.Portable;
}
