namespace Tandem.Transport;

/// <summary>The parent's side of the connection to one worker process.</summary>
internal abstract unsafe class WorkerLink : IDisposable
{
    /// <summary>
    /// The stack size of receiver threads. They deserialize results, so they need a stack for object graphs as deep as a worker's main
    /// thread can write. Unused pages use no memory.
    /// </summary>
    protected const int ReceiverStack = 16 * 1024 * 1024;

    /// <summary>The number of slots for items that were sent and are not yet answered.</summary>
    internal abstract int Slots { get; }

    /// <summary>Whether an item that was sent but has not started can be revoked.</summary>
    internal abstract bool CanRevoke { get; }

    /// <summary>Sends a frame without blocking; false if there is no space now.</summary>
    /// <remarks>The pool's lock serializes calls. <see cref="Flush"/> publishes the frame.</remarks>
    internal abstract bool TrySend(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body);

    /// <summary>Sends an item; its payload is copied from where it is, or referred to if it is in shared memory.</summary>
    internal abstract bool TrySendInvoke(FrameKind kind, int slot, uint sequence, in InvokeMessage message, byte* payload);

    /// <summary>
    /// The number of bytes of frames that the worker has read, if the transport is slow enough for this to be a sign of life; otherwise
    /// 0.
    /// </summary>
    internal virtual long BytesTaken => 0;

    /// <summary>Publishes what was sent. If the result is true, the caller then calls <see cref="Wake"/> outside of its locks.</summary>
    internal abstract bool Flush();

    /// <summary>Wakes the worker.</summary>
    internal abstract void Wake();

    /// <summary>
    /// Wakes the worker, and the receiver of its answer, on this thread's processor where the system supports that. Used when this thread
    /// is about to sleep and the other processors may be busy with an exiting process.
    /// </summary>
    /// <param name="processId">The process id of the worker.</param>
    internal virtual void WakeOnThisProcessor(int processId) => Wake();

    /// <summary>Sends a frame on the control channel, to a worker that may be busy.</summary>
    internal abstract void SendControl(FrameKind kind, int slot, uint sequence, int extra);

    /// <summary>
    /// Revokes an item that has not started. From then on the worker skips it and answers with <see cref="Outcome.Revoked"/>.
    /// </summary>
    internal abstract bool TryRevoke(int slot, uint sequence);

    /// <summary>The index of the element that was started last, or -1: what a dead worker was running.</summary>
    internal abstract int ProgressOf(int slot, uint sequence);

    /// <summary>
    /// When an item was started that has started according to <see cref="ProgressOf"/>, in stopwatch ticks; for a chunk, when its run was
    /// started.
    /// </summary>
    internal abstract long StartedAt(int slot, uint sequence);

    /// <summary>After the worker's death: returns the outcomes of a chunk's finished elements, if they are still available.</summary>
    internal abstract bool TryRecoverChunk(int slot, uint sequence, out byte* payload, out nint length);

    /// <summary>
    /// While a chunk runs: passes the outcomes of its finished elements to <paramref name="sink"/>, if they are in shared memory. Does
    /// nothing while the receiver handles frames, because it delivers the outcomes itself.
    /// </summary>
    internal virtual void ReadFinished(int slot, uint sequence, IChunkSink sink)
    {
    }

    /// <summary>
    /// Returns the address of the payload of a result frame, after checking that it is in a valid place. May correct the message's
    /// length.
    /// </summary>
    internal abstract byte* ResolveResult(in Frame frame, ref ResultMessage message);

    /// <summary>Returns a result's payload to the worker once it has been read.</summary>
    internal abstract void ReleaseResult(in ResultMessage message);

    /// <summary>Starts to receive frames.</summary>
    internal abstract void Start(IFrameSink sink);

    /// <summary>
    /// Polls for answers on the caller's thread for a few microseconds, and passes them to the sink. A short call completes before a
    /// sleeping receiver could be woken.
    /// </summary>
    /// <param name="done">Ends the wait early once it is settled.</param>
    /// <param name="microseconds">The maximum time to poll.</param>
    internal virtual void Poll(IPollTarget done, int microseconds)
    {
    }

    /// <summary>Called after the worker has exited: delivers everything that it had written, then stops receiving.</summary>
    internal abstract void DrainAndClose();

    public abstract void Dispose();
}
