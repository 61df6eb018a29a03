using Tandem.Serialization;

namespace Tandem.Transport;

/// <summary>The worker's side of the connection to its parent.</summary>
/// <remarks>Only one thread may receive; any thread may send.</remarks>
internal abstract unsafe class ParentLink
{
    /// <summary>Memory for results that are too large for a frame.</summary>
    internal abstract IPayloadMemory ResultMemory { get; }

    /// <summary>Waits for the next frame; false when the connection has ended. The body is valid until <see cref="Release"/>.</summary>
    internal abstract bool Receive(out Frame frame);

    /// <summary>Releases the frame that was received last.</summary>
    internal abstract void Release();

    /// <summary>Blocks until the next frame of the control channel arrives; false when the parent has exited.</summary>
    internal abstract bool ReceiveControl(out Frame frame);

    /// <summary>
    /// Registers this thread, which must live as long as the process, so that the parent is notified as soon as the process begins to
    /// exit. No-op where the system does not support that.
    /// </summary>
    internal virtual void RegisterThread()
    {
    }

    /// <summary>Makes <see cref="Receive"/> return false, so that the worker exits.</summary>
    internal abstract void Stop();

    /// <summary>Returns the address of an item's payload, after checking it.</summary>
    internal abstract byte* ResolvePayload(in Frame frame, in InvokeMessage message);

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

    /// <summary>Sends a frame.</summary>
    internal abstract void Send(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body);

    /// <summary>Sends an item's outcome, with the content of the writer as its payload.</summary>
    internal abstract void SendResult(int slot, uint sequence, ResultMessage message, PayloadWriter writer);
}
