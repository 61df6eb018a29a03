namespace Tandem.Transport;

/// <summary>The worker's side of the connection to its parent.</summary>
/// <remarks>Only one thread may receive; any thread may send.</remarks>
internal abstract unsafe class ParentLink : OutcomeLink
{
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
}
