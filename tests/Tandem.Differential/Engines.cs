using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Differential;

/// <summary>The ways of running work that are compared.</summary>
public sealed class Engines : IAsyncDisposable
{
    private const int AtOnce = 4;

    /// <summary>What is right by definition.</summary>
    public Engine Oracle { get; } = new("Task.Run", null);

    public Engine Threads { get; } = new("threads", WorkerPool.Create(Options(Isolation.Thread, WorkerTransport.Auto, AtOnce)));

    public Engine Processes { get; } = new("processes", WorkerPool.Create(Options(Isolation.Process, WorkerTransport.Auto)));

    public Engine Portable { get; } = new("portable", WorkerPool.Create(Options(Isolation.Process, WorkerTransport.Portable)));

    /// <summary>Options of a pool. Processes are one with several threads: what each form compiles, it compiles once.</summary>
    public static WorkerPoolOptions Options(Isolation isolation, WorkerTransport transport, int workers = 1)
    {
        WorkerPoolOptions options = WorkerPoolOptions.For(isolation);
        options.MaxWorkers = workers;
        options.LoggerFactory = NullLoggerFactory.Instance;
        if (options is ProcessPoolOptions processes)
            (processes.ConcurrencyPerWorker, processes.Transport) = (AtOnce, transport);
        return options;
    }

    public async ValueTask DisposeAsync()
    {
        await Threads.Pool!.DisposeAsync();
        await Processes.Pool!.DisposeAsync();
        await Portable.Pool!.DisposeAsync();
    }
}
