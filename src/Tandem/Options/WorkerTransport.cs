namespace Tandem;

/// <summary>How a pool and its worker processes exchange calls and results.</summary>
public enum WorkerTransport
{
    /// <summary>Shared memory where the system has what it takes, otherwise the portable transport.</summary>
    Auto,

    /// <summary>Rings in shared memory, parked on a futex. Linux only; creation fails elsewhere.</summary>
    SharedMemory,

    /// <summary>Pipes; on any system. Slower by one to two orders of magnitude for tiny calls.</summary>
    Portable,
}
