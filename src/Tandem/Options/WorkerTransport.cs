namespace Tandem;

/// <summary>How a pool and its worker processes exchange calls and results.</summary>
public enum WorkerTransport
{
    /// <summary>Shared memory if the system supports it, otherwise the portable transport.</summary>
    Auto,

    /// <summary>Rings in shared memory, with a futex to wait. Only on Linux; creating the pool fails on other systems.</summary>
    SharedMemory,

    /// <summary>Pipes, on any system. Calls with little work are slower by one to two orders of magnitude.</summary>
    Portable,
}
