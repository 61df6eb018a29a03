using Tandem.Serialization;

namespace Tandem.Transport;

/// <summary>The worker's end of the connection to its parent.</summary>
/// <remarks>Receiving is for one thread; sending is safe from any.</remarks>
internal abstract unsafe class ParentLink
{
    /// <summary>Memory for results that are too large for a frame.</summary>
    internal abstract IPayloadMemory ResultMemory { get; }

    /// <summary>Waits for the next frame; false when the parent is gone. The body is valid until <see cref="Release"/>.</summary>
    internal abstract bool Receive(out Frame frame);

    /// <summary>Gives back the frame that was received last.</summary>
    internal abstract void Release();

    /// <summary>Reads the next frame of the control channel, blocking; false when the parent is gone.</summary>
    internal abstract bool ReceiveControl(out Frame frame);

    /// <summary>Has the kernel tell the parent as soon as this thread ends, which is to be with its process, where it can.</summary>
    internal virtual void EnrolThread()
    {
    }

    /// <summary>Makes <see cref="Receive"/> return false: the parent wants this worker to end.</summary>
    internal abstract void Stop();

    /// <summary>Where an item's payload lies, checked.</summary>
    internal abstract byte* ResolvePayload(in Frame frame, in InvokeMessage message);

    /// <summary>Tells the parent that the item runs now; false when the parent has taken it back.</summary>
    /// <param name="now">The time, in stopwatch ticks.</param>
    internal abstract bool TryStart(int slot, uint sequence, int first, long now);

    /// <summary>Prepares a writer for the outcomes of a chunk, such that finished ones survive this process.</summary>
    internal abstract void BeginChunk(PayloadWriter writer, ICallLinks links);

    /// <summary>An element of a chunk is finished, its outcome written; <paramref name="next"/> starts now.</summary>
    internal abstract void AdvanceChunk(int slot, uint sequence, int next, PayloadWriter writer);

    /// <summary>Sends a frame.</summary>
    internal abstract void Send(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body);

    /// <summary>Sends an item's outcome with what the writer holds as its payload.</summary>
    internal abstract void SendResult(int slot, uint sequence, ResultMessage message, PayloadWriter writer);
}
