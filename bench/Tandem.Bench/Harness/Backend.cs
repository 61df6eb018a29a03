namespace Tandem.Bench.Harness;

/// <summary>The names of what is compared.</summary>
internal static class Backend
{
    internal const string Threads = "threads";
    internal const string Processes = "processes";
    internal const string Mapped = "processes-mapped";
    internal const string Portable = "processes-portable";
    internal const string TaskRun = "task-run";
    internal const string Parallel = "parallel";
    internal const string Ring = "ring";
    internal const string Plain = "plain";
    internal const string UnixSocket = "unix-socket";
    internal const string Pipe = "pipe";
    internal const string SharedReused = "shared-reused";
    internal const string SharedNew = "shared-new";
    internal const string Grpc = "grpc";
    internal const string Python = "python";
    internal const string Loky = "loky";
    internal const string Piscina = "piscina";
    internal const string Workerpool = "workerpool";

    internal static readonly string[] Own = [Threads, Processes, Mapped, Portable];

    internal static readonly string[] Peers = [Python, Loky, Piscina, Workerpool];

    internal static readonly string[] All = [.. Own, TaskRun, Parallel, Ring, Plain, UnixSocket, Pipe, SharedReused, SharedNew, Grpc, .. Peers];

    /// <summary>Makes a pool as a user would, with default options.</summary>
    internal static WorkerPool Open(string backend, int workers) => backend switch
    {
        Threads => WorkerPool.Threads(workers),
        // By name, not by Auto: on a system without shared memory the figure must be missing, not be that of the other transport.
        Processes or SharedReused or SharedNew => WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = workers, Transport = WorkerTransport.SharedMemory }),
        Mapped => WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = workers, Transport = WorkerTransport.MappedMemory }),
        Portable => WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = workers, Transport = WorkerTransport.Portable }),
        _ => throw new ArgumentOutOfRangeException(nameof(backend), backend, "Not a pool of Tandem's."),
    };
}
