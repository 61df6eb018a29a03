using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Differential;

/// <summary>The ways of running work that are compared.</summary>
public sealed class Engines : IAsyncDisposable
{
    /// <summary>What is right by definition.</summary>
    public Engine Oracle { get; } = new("Task.Run", null);

    public Engine Threads { get; } = new("threads", WorkerPool.Create(Options(Isolation.Thread, WorkerTransport.Auto, 2)));

    public Engine Processes { get; } = new("processes", WorkerPool.Create(Options(Isolation.Process, WorkerTransport.Auto, 2)));

    public Engine Portable { get; } = new("portable", WorkerPool.Create(Options(Isolation.Process, WorkerTransport.Portable, 1)));

    public static WorkerPoolOptions Options(Isolation isolation, WorkerTransport transport, int workers) => new()
    {
        Isolation = isolation,
        Transport = transport,
        Workers = workers,
        LoggerFactory = NullLoggerFactory.Instance,
    };

    public async ValueTask DisposeAsync()
    {
        await Threads.Pool!.DisposeAsync();
        await Processes.Pool!.DisposeAsync();
        await Portable.Pool!.DisposeAsync();
    }
}
