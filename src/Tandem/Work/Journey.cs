using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>Of an item that travels to a worker process: how, and where it is.</summary>
internal struct Journey
{
    /// <summary>The next item in the queue that holds this one.</summary>
    internal WorkItem? Next;

    /// <summary>The code as it travels.</summary>
    internal Callable? Callable;

    /// <summary>The arguments as they travel; null for none.</summary>
    internal Payload? Payload;

    /// <summary>The worker that has the item.</summary>
    internal Processes.ProcessWorker? Worker;

    /// <summary>The slot of the worker's link that the item occupies.</summary>
    internal int Slot;

    /// <summary>Distinguishes this run of the item from every other user of its slot.</summary>
    internal uint Sequence;

    /// <summary>How often the item was started.</summary>
    internal int Attempt;
}

/// <summary>How far the parent has read the outcomes of a chunk while it runs.</summary>
internal struct ChunkProgress
{
    internal int First;
    internal nint Bytes;
}

/// <summary>Arguments on their way: a small payload is an array, a large one a block of the pool's memory.</summary>
internal sealed class Payload
{
    private nint _block;

    internal Payload(byte[] bytes)
    {
        Bytes = bytes;
        Length = bytes.Length;
    }

    internal Payload(nint block, nint length)
    {
        _block = block;
        Length = length;
    }

    internal byte[]? Bytes { get; }

    internal nint Length { get; }

    /// <summary>The block, where there is one that was not freed.</summary>
    internal nint Block => _block;

    /// <summary>Frees the block, once, whoever is first.</summary>
    internal unsafe void Free(IPayloadMemory memory)
    {
        nint block = Interlocked.Exchange(ref _block, 0);
        if (block != 0)
            memory.Free((byte*)block);
    }
}
