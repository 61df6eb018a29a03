namespace Tandem.Compare;

/// <summary>The total memory, in bytes, of the process with the pool and its worker processes.</summary>
public sealed class MemoryFigures
{
    internal MemoryFigures()
    {
    }

    /// <summary>
    /// The sum of the peaks of resident memory. Memory that processes share, such as the runtime's code, counts once per process.
    /// </summary>
    public long Peak { get; init; }

    /// <summary>The maximum of the processes' private memory.</summary>
    public long Private { get; init; }
}
