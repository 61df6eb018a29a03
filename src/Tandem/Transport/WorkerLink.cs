namespace Tandem.Transport;

/// <summary>The parent's end of the connection to one worker process.</summary>
internal abstract unsafe class WorkerLink : IDisposable
{
    /// <summary>Results are rebuilt on receiving threads: room for graphs as deep as a worker's main thread can write. Unused pages cost nothing.</summary>
    protected const int ReceiverStack = 16 * 1024 * 1024;

    /// <summary>Slots for items that were sent and not answered yet.</summary>
    internal abstract int Slots { get; }

    /// <summary>Whether an item that was sent and has not started can be taken back.</summary>
    internal abstract bool CanRevoke { get; }

    /// <summary>Sends a frame without blocking; false when there is no room now.</summary>
    /// <remarks>Calls are serialised by the pool's lock. The frame leaves with <see cref="Flush"/>.</remarks>
    internal abstract bool TrySend(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body);

    /// <summary>Sends an item, with its payload from where it lies.</summary>
    internal abstract bool TrySendInvoke(FrameKind kind, int slot, uint sequence, in InvokeMessage message, byte* payload);

    /// <summary>How many bytes of frames the worker has taken, where that is slow enough to be a sign of life; else 0.</summary>
    internal virtual long BytesTaken => 0;

    /// <summary>Makes what was sent visible; the caller then calls <see cref="Wake"/>, outside its locks, when this says so.</summary>
    internal abstract bool Flush();

    /// <summary>Wakes the worker.</summary>
    internal abstract void Wake();

    /// <summary>
    /// Wakes the worker on the processor of this thread, where that can be done, and also who hears its answer: this thread is about to
    /// sleep, and the other processors may be ending a process.
    /// </summary>
    /// <param name="processId">The worker's process.</param>
    internal virtual void WakeHere(int processId) => Wake();

    /// <summary>Sends a frame past the queue, to a worker that may be busy.</summary>
    internal abstract void SendControl(FrameKind kind, int slot, uint sequence, int extra);

    /// <summary>Takes an item back that has not started; from then on the worker skips it and answers with <see cref="Outcome.Revoked"/>.</summary>
    internal abstract bool TryRevoke(int slot, uint sequence);

    /// <summary>The element that was started last, or -1: what a dead worker was doing.</summary>
    internal abstract int ProgressOf(int slot, uint sequence);

    /// <summary>When an item that <see cref="ProgressOf"/> calls started was started, in stopwatch ticks; of a chunk, its first element.</summary>
    internal abstract long StartedAt(int slot, uint sequence);

    /// <summary>After the worker's death: the outcomes of a chunk's finished elements, where they are still to be had.</summary>
    internal abstract bool TryRecoverChunk(int slot, uint sequence, out byte* payload, out nint length);

    /// <summary>
    /// While a chunk runs: passes the outcomes of its finished elements to <paramref name="sink"/>, where they lie in shared memory.
    /// Does nothing when the receiver is at work, which will bring them itself.
    /// </summary>
    internal virtual void ReadFinished(int slot, uint sequence, IChunkSink sink)
    {
    }

    /// <summary>Finds the payload of a result frame, and checks that it lies where it may. May correct the message's length.</summary>
    internal abstract byte* ResolveResult(in Frame frame, ref ResultMessage message);

    /// <summary>Gives a result's payload back to the worker once it has been read.</summary>
    internal abstract void ReleaseResult(in ResultMessage message);

    /// <summary>Begins to receive.</summary>
    internal abstract void Start(IFrameSink sink);

    /// <summary>
    /// Looks for answers on the caller's own thread for a few microseconds, and hands them to the sink: a short call is over before
    /// a sleeping receiver could have been woken.
    /// </summary>
    /// <param name="done">Ends the wait early.</param>
    /// <param name="microseconds">How long at most.</param>
    internal virtual void Poll(IPollTarget done, int microseconds)
    {
    }

    /// <summary>The worker has exited: delivers what it had still written, then ends receiving.</summary>
    internal abstract void DrainAndClose();

    public abstract void Dispose();
}
