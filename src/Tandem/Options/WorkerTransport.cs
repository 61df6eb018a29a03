namespace Tandem;

/// <summary>How a pool and its worker processes exchange calls and results.</summary>
public enum WorkerTransport
{
    /// <summary>
    /// The fastest transport that the system supports: <see cref="SharedMemory"/> on Linux, <see cref="MappedMemory"/> on Windows and
    /// macOS. If neither can be used, for example in a 32-bit process, <see cref="Portable"/>.
    /// </summary>
    Auto,

    /// <summary>
    /// Rings in anonymous shared memory, with a futex to wait. Only on Linux (x64 and arm64); creating the pool fails on other systems.
    /// </summary>
    SharedMemory,

    /// <summary>
    /// Pipes, on any system. Calls with little work are slower by one to two orders of magnitude, and payloads are limited to 2 GiB. It is
    /// the last resort, and useful for finding out whether a problem is one of shared memory.
    /// </summary>
    Portable,

    /// <summary>
    /// The same rings in memory that both processes map by a name, with pipes (on Windows: events) to wait. On any 64-bit system. On Linux
    /// and macOS the memory is a file without a name in a folder that only this user may enter: in <c>/dev/shm</c> if it has 1 GiB of free
    /// space, otherwise in the folder for temporary files. Large payloads need space there; on Windows, they need space in the page file.
    /// </summary>
    MappedMemory,
}
