using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>What <see cref="SerializedChunk{TItem, TResult}"/> needs from an engine.</summary>
internal interface ISerializingEngine
{
    /// <summary>The memory for serialized arguments.</summary>
    IPayloadMemory Memory { get; }

    /// <summary>Returns a writer for a chunk to which items are added over time.</summary>
    PayloadWriter RentWriter();

    /// <summary>Takes back a writer that <see cref="RentWriter"/> returned.</summary>
    void ReturnWriter(PayloadWriter writer);

    /// <summary>Creates the item that runs a chunk's elements, of the engine's class.</summary>
    WorkItem CreateElements(Chunk chunk, CallPayload callPayload, CancellationToken cancellationToken);
}
