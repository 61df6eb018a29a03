using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Transport.SharedMemory;

/// <summary>The parent's side of a connection over shared memory: two rings, the item cells, and the worker's result area.</summary>
/// <remarks>
/// Only the thread that holds <see cref="_role"/> consumes answers: the receiver thread, or a caller that polls for its own answer. A
/// thread that releases the role checks the ring once more (the exchange is a full fence), so a frame that arrived while another thread
/// failed to acquire the role is never left unread. A caller that polls withdraws the announcement of a receiver that sleeps, so that the
/// worker does not wake it; before it releases the role it restores the announcement (full fence), and then checks the ring. What the
/// reader keeps for itself is handed over with the role. Models: docs/models/c/role.c and docs/models/arm/role.litmus.
/// </remarks>
internal sealed unsafe class SharedMemoryLink : WorkerLink, IConnectionObserver
{
    private readonly SharedRegion _region; // header, cells and rings
    private readonly PayloadArea _requests; // the pool's area for large arguments
    private readonly SharedRegion _results; // the worker's area for large results; read-only here
    private readonly RingWriter _writer; // requests; callers hold the pool's lock
    private readonly RingReader _reader; // answers; only for the thread that holds _role
    private readonly Doorbell _workerBell; // wakes the worker
    private readonly Doorbell _ownBell; // wakes the receiver thread
    private readonly RobustFutexExitSignal _exitSignal; // set when the worker begins to exit
    private readonly ReleaseQueue _releases; // returns result blocks to the worker
    private readonly SpinPolicy _spin;
    private readonly WorkerConnection _connection; // owns both regions

    /// <summary>
    /// The maximum number of frames that a polling caller handles at a time, so that a worker that keeps sending does not hold the
    /// caller.
    /// </summary>
    private const int CallerBatchSize = 64;

    private IFrameSink? _sink; // receives the frames
    private Thread? _receiver;
    private int _receiverThread; // the kernel's thread id, for wake affinity
    private int _role; // 1 while a thread holds the consumer's role
    private int _leaving; // threads between releasing the role and their last check of the ring; Dispose waits for them
    private volatile bool _closed; // the receiver stops
    private readonly Lock _mapped = new(); // guards _disposed: holds off unmapping during a wake-up
    private volatile bool _broken; // no more frames are read
    private bool _disposed; // the memory is unmapped

    /// <param name="requests">The pool's area for large arguments.</param>
    /// <param name="controlSocket">The parent's end of the control socket. The link owns it.</param>
    /// <param name="spinMicroseconds">How long each side may spin before it sleeps.</param>
    internal SharedMemoryLink(PayloadArea requests, int controlSocket, int spinMicroseconds)
        : this(requests, new DescriptorConnection(controlSocket), spinMicroseconds)
    {
    }

    /// <param name="requests">The pool's area for large arguments.</param>
    /// <param name="connection">What the link needs of the system. The link owns it.</param>
    /// <param name="spinMicroseconds">How long each side may spin before it sleeps.</param>
    internal SharedMemoryLink(PayloadArea requests, WorkerConnection connection, int spinMicroseconds)
    {
        _requests = requests;
        _connection = connection;
        _region = connection.Link;
        _results = connection.Results;
        byte* memory = _region.Address;
        *(LinkHeader*)memory = new LinkHeader
        {
            Magic = LinkHeader.MagicValue,
            Version = FrameHeader.CurrentVersion,
            SpinMicroseconds = spinMicroseconds,
            RequestAreaSize = requests.Region.Length,
            ResultAreaSize = _results.Length,
        };
        _writer = new RingWriter(memory + LinkLayout.RequestRingOffset, LinkLayout.RingCapacity);
        _reader = new RingReader(memory + LinkLayout.ResponseRingOffset, LinkLayout.RingCapacity);
        _workerBell = new Doorbell(memory + LinkLayout.RequestRingOffset, connection.WorkerBell);
        _ownBell = new Doorbell(memory + LinkLayout.ResponseRingOffset, connection.OwnBell);
        _exitSignal = new RobustFutexExitSignal(memory);
        _releases = new ReleaseQueue(memory + LinkLayout.ReleasesOffset);
        _spin = new SpinPolicy(spinMicroseconds);
    }

    internal override int Slots => FrameHeader.Slots;

    internal override bool CanRevoke => true;

    /// <summary>The descriptors that the worker needs, in the order in which it expects them after the control socket.</summary>
    internal (int Link, int Requests, int Results) Descriptors => (_region.Descriptor, _requests.Region.Descriptor, _results.Descriptor);

    /// <summary>
    /// Closes the descriptor that the worker has its own copy of. The descriptor of the request area stays open for future workers, the
    /// one of the results for <see cref="IsInResultArea"/>.
    /// </summary>
    internal void CloseDescriptors() => _region.CloseDescriptor();

    internal override bool TrySend(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body)
    {
        if (body.Length > _writer.MaximumBody)
            throw new ArgumentOutOfRangeException(nameof(body), body.Length, "The frame is too large for the ring.");

        byte* at = _writer.TryReserve(kind, slot, sequence, extra, body.Length);
        if (at == null)
            return false;

        body.CopyTo(new Span<byte>(at, body.Length));
        return true;
    }

    internal override bool TrySendInvoke(FrameKind kind, int slot, uint sequence, in InvokeMessage message, byte* payload)
    {
        InvokeMessage copy = message;
        bool inArea = payload != null && IsInRequestArea(payload);
        int inline = inArea ? 0 : (int)message.Length;
        byte* at = _writer.TryReserve(kind, slot, sequence, 0, InvokeMessage.Size + inline);
        if (at == null)
            return false;

        // Before the frame is published: the worker changes the cell from then on. The item that creates a worker's state has no cell.
        if (slot < FrameHeader.Slots)
            Volatile.Write(ref Cell(slot)->Word, ItemCell.Pack(sequence, ItemCell.Queued));
        copy.InArea = inArea ? 1 : 0;
        copy.Offset = inArea ? payload - _requests.Region.Address : 0;
        *(InvokeMessage*)at = copy;
        Buffer.MemoryCopy(payload, at + InvokeMessage.Size, inline, inline);
        return true;
    }

    internal override bool Flush()
    {
        _writer.Publish();
        return _workerBell.MustWake();
    }

    internal override void Wake()
    {
        // Called outside of the pool's lock, so the link may have been disposed meanwhile and its memory unmapped.
        lock (_mapped)
        {
            if (!_disposed)
                _workerBell.Wake();
        }
    }

    internal override void WakeOnThisProcessor(int processId)
    {
        if (!HasThreadIds)
        {
            Wake();
            return;
        }

        // The worker's main thread reads its ring; its thread id equals the process id.
        using (new WakeAffinityScope(processId))
            Wake();

        lock (_mapped)
        {
            if (_disposed)
                return;

            using (new WakeAffinityScope(Volatile.Read(ref _receiverThread)))
                _ownBell.Wake();
        }
    }

    internal override void SendControl(FrameKind kind, int slot, uint sequence, int extra) =>
        _connection.SendControl(kind, slot, sequence, extra);

    internal override bool TryRevoke(int slot, uint sequence)
    {
        long queued = ItemCell.Pack(sequence, ItemCell.Queued);
        return Interlocked.CompareExchange(ref Cell(slot)->Word, ItemCell.Pack(sequence, ItemCell.Revoked), queued) == queued;
    }

    internal override int ProgressOf(int slot, uint sequence)
    {
        long word = Volatile.Read(ref Cell(slot)->Word);
        return ItemCell.SequenceOf(word) == sequence ? Math.Max(-1, ItemCell.ProgressOf(word)) : -1;
    }

    internal override long StartedAt(int slot, uint sequence) => Volatile.Read(ref Cell(slot)->StartedAt);

    internal override bool TryRecoverChunk(int slot, uint sequence, out byte* payload, out nint length)
    {
        // After the worker's exit, so nothing changes any more.
        ItemCell* cell = Cell(slot);
        long offset = Volatile.Read(ref cell->ResultOffset);
        length = (nint)Volatile.Read(ref cell->ResultLength);
        payload = null;
        if (ProgressOf(slot, sequence) < 0 || !IsInResultArea(offset, length))
            return false;

        payload = _results.Address + offset;
        return true;
    }

    internal override void ReadFinished(int slot, uint sequence, IChunkSink sink)
    {
        // While this thread holds the role, no result is handled, so the worker cannot reclaim a block and the slot gets no new item.
        if (Interlocked.CompareExchange(ref _role, 1, 0) != 0)
            return;

        byte* copy = null;
        try
        {
            ItemCell* cell = Cell(slot);
            int next = ProgressOf(slot, sequence);
            long offset = Volatile.Read(ref cell->ResultOffset);
            nint length = (nint)Volatile.Read(ref cell->ResultLength);
            if (next <= 0 || !IsInResultArea(offset, length))
                return;

            copy = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)length + 1);
            Buffer.MemoryCopy(_results.Address + offset, copy, length, length);
            // The worker may meanwhile have moved the outcomes to a larger block, or withdrawn them, and another lane may have overwritten
            // this one. Then the offset has changed. The fence orders this check after the copy; an acquiring load would not. See ItemCell.
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref cell->ResultOffset) == offset && ProgressOf(slot, sequence) >= next)
                sink.OnFinished(copy, length, next);
        }
        finally
        {
            System.Runtime.InteropServices.NativeMemory.Free(copy);
            ReleaseRole(CallerBatchSize);
        }
    }

    internal override byte* ResolveResult(in Frame frame, ref ResultMessage message)
    {
        if (message.InArea == 0)
        {
            return message.Length >= 0 && message.Length <= frame.BodyLength - ResultMessage.Size
                ? frame.Body + ResultMessage.Size
                : throw new ProtocolException($"a result claims {message.Length} bytes in a frame of {frame.BodyLength}");
        }

        if (IsInResultArea(message.Offset, (nint)message.Length))
        {
            _results.PrepareReading((nint)message.Offset, (nint)message.Length);
            return _results.Address + message.Offset;
        }

        throw new ProtocolException($"a result of {message.Length} bytes at {message.Offset} is outside of the area");
    }

    internal override void ReleaseResult(in ResultMessage message)
    {
        if (message.InArea != 0)
            _releases.Push(message.Offset);
    }

    /// <summary>
    /// Sets the sink for received frames. Without <see cref="Start"/>, only <see cref="Poll"/> delivers frames; tests use this.
    /// </summary>
    internal void SetSink(IFrameSink sink) => _sink = sink;

    internal override void Start(IFrameSink sink)
    {
        SetSink(sink);
        _connection.Start(this);
        _receiver = Background.Thread("Tandem receiver", ReceiverStack, Receive, OnFailed);
        _receiver.UnsafeStart();
    }

    internal override void Poll(IPollTarget done, int microseconds)
    {
        // While this thread holds the role, the memory stays mapped: closing waits for the role.
        if (Interlocked.CompareExchange(ref _role, 1, 0) != 0)
            return;

        bool receiverSleeps = _ownBell.IsAnnounced;
        if (receiverSleeps)
            _ownBell.Withdraw();

        long end = Stopwatch.GetTimestamp() + microseconds * Stopwatch.Frequency / 1_000_000;
        for (int i = 0; !done.IsSettled && !_closed; i++)
        {
            DrainHeld(CallerBatchSize);
            // A worker that exits sends no more answers. Stop spinning, so that its replacement can use the processor.
            if (i % 8 == 7 && (_exitSignal.HasEnded || Stopwatch.GetTimestamp() > end))
                break;

            Thread.SpinWait(1);
        }

        if (receiverSleeps)
            _ownBell.Announce();
        ReleaseRole(CallerBatchSize);
    }

    internal override void DrainAndClose()
    {
        if (_closed)
            return;

        _closed = true;
        _ownBell.Wake();
        if (_receiver != Thread.CurrentThread)
            _receiver?.Join();

        // The role is never released again: from here on no thread reads this memory.
        var spinner = new SpinWait();
        while (Interlocked.CompareExchange(ref _role, 1, 0) != 0)
            spinner.SpinOnce();

        DrainHeld();
    }

    public override void Dispose()
    {
        DrainAndClose();
        var spinner = new SpinWait();
        while (Volatile.Read(ref _leaving) != 0)
            spinner.SpinOnce();

        lock (_mapped)
        {
            if (!_disposed)
                _connection.Dispose();
            _disposed = true;
        }
    }

    void IConnectionObserver.OnEnded()
    {
        lock (_mapped)
        {
            if (_disposed)
                return;

            _exitSignal.Mark();
            _ownBell.Wake();
        }
    }

    void IConnectionObserver.OnFailed(Exception error) => OnFailed(error);

    /// <summary>Whether this system has ids of threads, and settings of how a thread is scheduled.</summary>
    private static bool HasThreadIds => OperatingSystem.IsLinux() && SystemCalls.Current is not null;

    private ItemCell* Cell(int slot) => (ItemCell*)(_region.Address + LinkLayout.CellsOffset) + slot;

    private bool IsInRequestArea(byte* address) =>
        address >= _requests.Region.Address && address < _requests.Region.Address + _requests.Region.Length;

    /// <summary>
    /// Whether a range is inside the result area. The area is far larger than what a worker writes, so a false length could be inside it
    /// and still make this process read gigabytes of zeros and allocate memory for them. Therefore a large range must have been written.
    /// </summary>
    private bool IsInResultArea(long offset, nint length) =>
        offset >= 0 && length >= 0 && offset <= _results.Length && length <= _results.Length - offset
        && (length <= _results.HarmlessLength || _results.IsWritten((nint)offset, length));

    private void Receive()
    {
        if (HasThreadIds)
        {
            Volatile.Write(ref _receiverThread, Libc.GetThreadId());
            Libc.UseShortTimeSlice();
        }

        bool rested = false, isEnding = false;
        // Stop reading once the worker is broken: its ring may never become empty, and this thread would spin.
        while (!_closed && !_broken)
        {
            TryDrain();
            // After the answers that the worker sent before.
            if (!isEnding && _exitSignal.HasEnded)
            {
                isEnding = true;
                TryDrain();
                Background.Run(_sink!.OnEnding, OnFailed);
            }

            if (_spin.Wait(_reader))
            {
                rested = false;
                continue;
            }

            bool hasSlept = true;
            int signal = _ownBell.Prepare();
            _ownBell.Announce();
            if (!_reader.HasFrames && !_closed)
                hasSlept = _exitSignal.Sleep(in _ownBell, signal, rested, isEnding);

            _ownBell.Withdraw();
            rested = hasSlept && _ownBell.Prepare() == signal;
            if (rested)
                Rest();
        }
    }

    /// <summary>Gives memory back that was kept for payloads, if none have come for a while.</summary>
    private void Rest()
    {
        _requests.Trim();
        _ = LargeArrays.Rest();
        if (Interlocked.CompareExchange(ref _role, 1, 0) != 0)
            return;

        _results.ForgetPrepared();
        ReleaseRole();
    }

    /// <summary>
    /// Calls the sink, and keeps its exceptions from the current thread: it may be a caller that waits for an item of another worker.
    /// </summary>
    private void NotifyBatchEnd()
    {
        try
        {
            _sink!.OnBatchEnd();
        }
        catch (Exception e)
        {
            Background.Report(e);
            OnFailed(e);
        }
    }

    /// <summary>Marks the worker as broken: nothing that it writes is read any more.</summary>
    private void OnFailed(Exception error)
    {
        _broken = true;
        Background.Run(static state => state._sink!.OnBroken(state.error), (_sink, error));
    }

    private void TryDrain()
    {
        if (Interlocked.CompareExchange(ref _role, 1, 0) != 0)
            return;

        DrainHeld();
        ReleaseRole();
    }

    /// <param name="most">The maximum number of frames that this thread still reads; the rest is left for the receiver.</param>
    private void ReleaseRole(int most = int.MaxValue)
    {
        // Without the role, only this count keeps the memory mapped for the last check of the ring.
        Interlocked.Increment(ref _leaving);
        try
        {
            do
            {
                Interlocked.Exchange(ref _role, 0);
                if (_broken || !_reader.HasFrames || Interlocked.CompareExchange(ref _role, 1, 0) != 0)
                    return;
            }
            while (DrainHeld(most) && most == int.MaxValue);

            Interlocked.Exchange(ref _role, 0);
            if (most != int.MaxValue && _reader.HasFrames)
                _ownBell.Wake();
        }
        finally
        {
            Interlocked.Decrement(ref _leaving);
        }
    }

    private bool DrainHeld(int most = int.MaxValue)
    {
        if (_broken)
            return false;

        bool any = false;
        try
        {
            for (; most > 0 && _reader.TryRead(out Frame frame); most--)
            {
                any = true;
                _sink!.OnFrame(in frame);
                _reader.Release();
            }
        }
        catch (Exception e)
        {
            OnFailed(e);
        }

        if (any)
            NotifyBatchEnd();
        return any;
    }
}
