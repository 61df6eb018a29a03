using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Transport.SharedMemory;

/// <summary>The parent's end of a connection over shared memory: two rings, the item cells, and the worker's result area.</summary>
/// <remarks>
/// Answers are consumed by whoever holds <see cref="_role"/>: the receiver thread, or a caller that polls for its own answer.
/// Whoever gives the role up looks at the ring once more (the exchange is a full fence), so a frame that came while another thread
/// was refused the role is never left behind.
/// </remarks>
internal sealed unsafe class SharedMemoryLink : WorkerLink
{
    private readonly SharedRegion _region;
    private readonly PayloadArea _requests;
    private readonly SharedRegion _results;
    private readonly RingWriter _writer;
    private readonly RingReader _reader;
    private readonly Doorbell _workerBell;
    private readonly Doorbell _ownBell;
    private readonly LifeWord _life;
    private readonly ReleaseQueue _releases;
    private readonly SpinPolicy _spin;
    private readonly int _controlSocket;
    /// <summary>What a caller reads at a time, so that a worker which never stops talking does not keep it.</summary>
    private const int CallersBatch = 64;

    private IFrameSink? _sink;
    private Thread? _receiver;
    private int _receiverThread; // the kernel's id
    private int _role;
    private int _leaving;
    private volatile bool _closed;
    private readonly Lock _mapped = new();
    private volatile bool _broken;
    private bool _disposed;

    /// <param name="requests">The pool's area for large arguments.</param>
    /// <param name="controlSocket">The parent's end of the control socket; the link owns it.</param>
    /// <param name="spinMicroseconds">How long either side may spin before it sleeps.</param>
    internal SharedMemoryLink(PayloadArea requests, int controlSocket, int spinMicroseconds)
    {
        _requests = requests;
        _controlSocket = controlSocket;
        _region = SharedRegion.Create("tandem-link", LinkLayout.Size, othersReadOnly: false);
        try
        {
            _results = SharedRegion.CreateForOther("tandem-results", PayloadArea.DefaultSize);
        }
        catch
        {
            _region.Dispose();
            throw;
        }

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
        _workerBell = new Doorbell(memory + LinkLayout.RequestRingOffset);
        _ownBell = new Doorbell(memory + LinkLayout.ResponseRingOffset);
        _life = new LifeWord(memory);
        _releases = new ReleaseQueue(memory + LinkLayout.ReleasesOffset);
        _spin = new SpinPolicy(spinMicroseconds);
    }

    internal override int Slots => FrameHeader.Slots;

    internal override bool CanRevoke => true;

    /// <summary>The descriptors that the worker needs, in the order in which it expects them after the control socket.</summary>
    internal (int Link, int Requests, int Results) Descriptors => (_region.Descriptor, _requests.Region.Descriptor, _results.Descriptor);

    /// <summary>The worker has its own copies. The request area's stays open for workers to come, that of the results for <see cref="IsInResultArea"/>.</summary>
    internal void CloseDescriptors() => _region.CloseDescriptor();

    internal override bool TrySend(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body)
    {
        if (body.Length > _writer.MaximumBody)
            throw new ArgumentOutOfRangeException(nameof(body), body.Length, "A frame is larger than the ring takes.");

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

        // Before the frame is published: the worker moves the cell on from here. What builds a worker's state has no cell.
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
        // Called outside of the pool's lock: the worker may be gone meanwhile, and its memory with it.
        lock (_mapped)
        {
            if (!_disposed)
                _workerBell.Wake();
        }
    }

    internal override void WakeHere(int processId)
    {
        // A worker's ring is read by its first thread, whose id is the process's.
        using (new KeptHere(processId))
            Wake();

        lock (_mapped)
        {
            if (_disposed)
                return;

            using (new KeptHere(Volatile.Read(ref _receiverThread)))
                _ownBell.Wake();
        }
    }

    internal override void SendControl(FrameKind kind, int slot, uint sequence, int extra)
    {
        var header = new FrameHeader
        {
            Kind = kind,
            Version = FrameHeader.CurrentVersion,
            Slot = (ushort)slot,
            Sequence = sequence,
            Extra = extra,
        };

        // Never blocks: a worker that is stopped, with hundreds of these before it, loses one, and the grace period ends it all the same.
        _ = Libc.Send(_controlSocket, (byte*)&header, FrameHeader.Size, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
    }

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
        // With the role nobody handles a result, so the worker gets no block back and the slot no new item.
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
            // The worker may have moved to a larger block meanwhile and written over this one: then the offset has changed. The fence
            // keeps this look behind the copy.
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref cell->ResultOffset) == offset && ProgressOf(slot, sequence) >= next)
                sink.OnFinished(copy, length, next);
        }
        finally
        {
            System.Runtime.InteropServices.NativeMemory.Free(copy);
            GiveRoleUp(CallersBatch);
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

        return IsInResultArea(message.Offset, (nint)message.Length)
            ? _results.Address + message.Offset
            : throw new ProtocolException($"a result lies at {message.Offset}, {message.Length} bytes, outside the area");
    }

    internal override void ReleaseResult(in ResultMessage message)
    {
        if (message.InArea != 0)
            _releases.Push(message.Offset);
    }

    /// <summary>Who hears what is read; without <see cref="Start"/> only by <see cref="Poll"/>, as tests do.</summary>
    internal void Hears(IFrameSink sink) => _sink = sink;

    internal override void Start(IFrameSink sink)
    {
        Hears(sink);
        _receiver = Background.Thread("Tandem receiver", ReceiverStack, Receive, OnFailed);
        _receiver.UnsafeStart();
    }

    internal override void Poll(IPollTarget done, int microseconds)
    {
        // With the role, the memory stays: closing waits for it.
        if (Interlocked.CompareExchange(ref _role, 1, 0) != 0)
            return;

        bool receiverSleeps = _ownBell.IsAnnounced;
        if (receiverSleeps)
            _ownBell.Withdraw();

        long end = Stopwatch.GetTimestamp() + microseconds * Stopwatch.Frequency / 1_000_000;
        for (int i = 0; !done.IsSettled && !_closed; i++)
        {
            DrainHeld(CallersBatch);
            // A worker that ends answers no more: the processor is for who steps in.
            if (i % 8 == 7 && (_life.HasEnded || Stopwatch.GetTimestamp() > end))
                break;

            Thread.SpinWait(1);
        }

        if (receiverSleeps)
            _ownBell.Announce();
        GiveRoleUp(CallersBatch);
    }

    internal override void DrainAndClose()
    {
        if (_closed)
            return;

        _closed = true;
        _ownBell.Wake();
        if (_receiver != Thread.CurrentThread)
            _receiver?.Join();

        // Taken for good: from here on nobody reads this memory.
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

        _ = Libc.Close(_controlSocket);
        lock (_mapped)
        {
            _disposed = true;
            _results.Dispose();
            _region.Dispose();
        }
    }

    private ItemCell* Cell(int slot) => (ItemCell*)(_region.Address + LinkLayout.CellsOffset) + slot;

    private bool IsInRequestArea(byte* address) =>
        address >= _requests.Region.Address && address < _requests.Region.Address + _requests.Region.Length;

    /// <summary>
    /// The area is far larger than what a worker writes: a length that lies could lie inside it and still make this process read, and
    /// keep, gigabytes of nothing. So what is claimed to be long must have been written.
    /// </summary>
    private bool IsInResultArea(long offset, nint length) =>
        offset >= 0 && length >= 0 && offset <= _results.Length && length <= _results.Length - offset
        && (length <= 1 << 20 || _results.IsWritten((nint)offset, length));

    private void Receive()
    {
        Volatile.Write(ref _receiverThread, Libc.GetThreadId());
        Libc.PreferShortSlices();
        bool rested = false, isEnding = false;
        // Of a broken worker nothing more is read; its ring may never be empty again, and would keep this thread spinning.
        while (!_closed && !_broken)
        {
            TryDrain();
            // After what it answered before.
            if (!isEnding && _life.HasEnded)
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

            int signal = _ownBell.Prepare();
            _ownBell.Announce();
            if (!_reader.HasFrames && !_closed)
                _life.Sleep(in _ownBell, signal, rested);

            _ownBell.Withdraw();
            rested = _ownBell.Prepare() == signal;
            if (rested)
                _requests.Trim();
        }
    }

    /// <summary>Whoever reads, the receiver or a caller that has an item of another worker, is not to meet what goes wrong here.</summary>
    private void TellBatchEnd()
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

    /// <summary>The worker is of no use any more: nothing that it writes is read.</summary>
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
        GiveRoleUp();
    }

    /// <param name="most">Frames that this thread still reads; what is left then is the receiver's.</param>
    private void GiveRoleUp(int most = int.MaxValue)
    {
        // Without the role nothing else would keep the memory for the last look at the ring.
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
            TellBatchEnd();
        return any;
    }
}
