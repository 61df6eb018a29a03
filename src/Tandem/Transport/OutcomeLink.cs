using Tandem.Serialization;

namespace Tandem.Transport;

/// <summary>Takes what the code that runs items in a worker has to say of them: starts, outcomes, and reports while they run.</summary>
/// <remarks>Any thread may send.</remarks>
internal abstract class OutcomeLink
{
    /// <summary>Memory for results that are too large for a frame.</summary>
    internal abstract IPayloadMemory ResultMemory { get; }

    /// <summary>Publishes that the item starts; false if the parent has revoked it.</summary>
    /// <param name="now">The current time, in stopwatch ticks.</param>
    internal abstract bool TryStart(int slot, uint sequence, int first, long now);

    /// <summary>
    /// Prepares a writer for the outcomes of a chunk, so that finished outcomes survive a crash of this process where the transport
    /// supports that.
    /// </summary>
    internal abstract void BeginChunk(PayloadWriter writer, ICallLinks links);

    /// <summary>Publishes the outcome of an element of a chunk; the element <paramref name="next"/> starts now.</summary>
    internal abstract void AdvanceChunk(int slot, uint sequence, int next, PayloadWriter writer);

    /// <summary>
    /// Withdraws the outcomes that <see cref="AdvanceChunk"/> has published, because the chunk as a whole has failed and the memory of the
    /// writer is about to be freed.
    /// </summary>
    internal virtual void WithdrawChunk(int slot)
    {
    }

    /// <summary>Sends a frame.</summary>
    internal abstract void Send(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body);

    /// <summary>Sends an item's outcome, with the content of the writer as its payload.</summary>
    internal abstract void SendResult(int slot, uint sequence, ResultMessage message, PayloadWriter writer);
}
