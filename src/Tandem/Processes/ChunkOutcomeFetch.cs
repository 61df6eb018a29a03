using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Reads what a chunk that runs has finished so far, because a consumer waits for it. As for frames of the worker, this needs the role of
/// the thread that reads them, and not the engine's lock: reading creates objects of user types, and may complete the chunk.
/// </summary>
/// <remarks>
/// Made under the engine's lock while the worker holds the item. While this thread has the reader's role, the worker's memory stays mapped,
/// no answer is handled, and so a started item stays with its worker.
/// </remarks>
internal sealed unsafe class ChunkOutcomeFetch(ProcessWorker worker, Lock gate, RemoteItem item, Chunk chunk) : IChunkSink
{
    private readonly int _slot = item.Slot;
    private readonly uint _sequence = item.Sequence;

    internal void Run() => worker.Link.ReadFinished(_slot, _sequence, this);

    public void OnFinished(byte* outcomes, nint length, int next)
    {
        lock (gate)
        {
            if (!worker.Holds(item) || item.Sequence != _sequence)
                return; // its result was handled before this thread had the role
        }

        if (next <= chunk.FirstElement || chunk.Progress.Bytes > length)
            return;

        try
        {
            worker.ReadFinished(item, chunk, outcomes, length, next);
        }
        catch (Exception e)
        {
            // Like every failure to read a result. The exception is not for the consumer that caused this read.
            worker.OnBroken(e);
        }
    }
}
