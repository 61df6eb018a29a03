using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>What <see cref="SerializedChunk{TItem, TResult}"/> needs of an engine.</summary>
internal interface ISerializingEngine
{
    /// <summary>Memory for arguments on their way.</summary>
    IPayloadMemory Memory { get; }

    /// <summary>A writer for a chunk that is filled over time.</summary>
    PayloadWriter RentWriter();

    /// <summary>Takes back a writer that <see cref="RentWriter"/> gave.</summary>
    void ReturnWriter(PayloadWriter writer);

    /// <summary>Makes the item that runs a chunk's elements, of the engine's class.</summary>
    WorkItem CreateElements(Chunk chunk, Shipment shipment, CancellationToken cancellationToken);
}
