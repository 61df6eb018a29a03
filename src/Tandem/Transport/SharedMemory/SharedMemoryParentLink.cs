using Tandem.Serialization;

namespace Tandem.Transport.SharedMemory;

/// <summary>The worker's side of a connection over shared memory.</summary>
internal sealed unsafe class SharedMemoryParentLink : ParentLink
{
    private readonly SharedRegion _region; // header, cells and rings
    private readonly SharedRegion _requests; // the pool's area for large arguments; read-only here
    private readonly PayloadArea _results; // this worker's area for large results
    private readonly RingReader _reader; // requests; only for the main thread
    private readonly RingWriter _writer; // answers; guarded by _sending
    private readonly Doorbell _ownBell; // wakes the main thread
    private readonly Doorbell _parentBell; // wakes the parent's receiver thread
    private readonly ReleaseQueue _releases; // result blocks that the parent has read
    private readonly SpinPolicy _spin;
    private readonly ParentConnection _connection;
    private readonly ReclaimingMemory _reclaiming;
    private readonly Lock _sending = new(); // serializes writes to the response ring
    private volatile bool _ended; // Receive returns false

    /// <summary>Attaches to the memory that the parent prepared. The descriptors are those of <c>LaunchProtocol</c>.</summary>
    internal SharedMemoryParentLink(int controlSocket, int link, int requests, int results)
        : this(new InheritedConnection(controlSocket, link, requests, results))
    {
    }

    /// <summary>Attaches to the memory that the parent prepared, and connects. The link owns the connection.</summary>
    internal SharedMemoryParentLink(ParentConnection connection)
    {
        _connection = connection;
        _region = connection.OpenLink();
        LinkHeader header = *(LinkHeader*)_region.Address;
        if (header.Magic != LinkHeader.MagicValue || header.Version != FrameHeader.CurrentVersion)
        {
            throw new ProtocolException(
                $"the parent uses protocol version {header.Version}, this worker version {FrameHeader.CurrentVersion}");
        }

        _requests = connection.OpenRequests((nint)header.RequestAreaSize);
        _results = new PayloadArea(connection.OpenResults((nint)header.ResultAreaSize));
        connection.Connect();
        byte* memory = _region.Address;
        _reader = new RingReader(memory + LinkLayout.RequestRingOffset, LinkLayout.RingCapacity);
        _writer = new RingWriter(memory + LinkLayout.ResponseRingOffset, LinkLayout.RingCapacity);
        _ownBell = new Doorbell(memory + LinkLayout.RequestRingOffset, connection.OwnBell);
        _parentBell = new Doorbell(memory + LinkLayout.ResponseRingOffset, connection.ParentBell);
        _releases = new ReleaseQueue(memory + LinkLayout.ReleasesOffset);
        _spin = new SpinPolicy(header.SpinMicroseconds);
        _reclaiming = new ReclaimingMemory(this);
    }

    internal override IPayloadMemory ResultMemory => _reclaiming;

    internal override bool Receive(out Frame frame)
    {
        bool rested = false;
        while (!_reader.TryRead(out frame))
        {
            if (_ended)
                return false;

            if (_spin.Wait(_reader))
                continue;

            int signal = _ownBell.Prepare();
            _ownBell.Announce();
            if (!_reader.HasFrames && !_ended)
                _ownBell.Sleep(signal, rested);

            _ownBell.Withdraw();
            rested = _ownBell.Prepare() == signal;
            if (rested)
                _reclaiming.Rest();
        }

        return true;
    }

    internal override void Release() => _reader.Release();

    internal override bool ReceiveControl(out Frame frame)
    {
        if (!_connection.TryReceive(out FrameHeader header))
        {
            frame = default;
            Stop();
            return false;
        }

        frame = new Frame { Kind = header.Kind, Slot = header.Slot, Sequence = header.Sequence, Extra = header.Extra };
        return true;
    }

    internal override void RegisterThread()
    {
        // Otherwise the parent observes the end of the connection.
        if (_ownBell.UsesFutex)
            new RobustFutexExitSignal(_region.Address).Register();
    }

    internal override void Stop()
    {
        _ended = true;
        _ownBell.Wake();
    }

    /// <summary>Unmaps the memory and closes the connection. Worker processes do not need this; tests with many links do.</summary>
    internal void Unmap()
    {
        _region.Dispose();
        _requests.Dispose();
        _results.Region.Dispose();
        _connection.Dispose();
    }

    internal override byte* ResolvePayload(in Frame frame, in InvokeMessage message)
    {
        bool inside = message.InArea == 0
            ? message.Length >= 0 && message.Length <= frame.BodyLength - InvokeMessage.Size
            : message.Offset >= 0 && message.Length >= 0
                && message.Offset <= _requests.Length && message.Length <= _requests.Length - message.Offset;
        if (!inside)
            throw new ProtocolException($"a payload of {message.Length} bytes at {message.Offset} is outside of its area");

        if (message.InArea == 0)
            return frame.Body + InvokeMessage.Size;

        _requests.PrepareReading((nint)message.Offset, (nint)message.Length);
        return _requests.Address + message.Offset;
    }

    internal override bool TryStart(int slot, uint sequence, int first, long now)
    {
        ItemCell* cell = Cell(slot);
        // Plain stores: the exchange makes them visible, and the slot gets no new item before this one is answered, revoked or not.
        cell->ResultLength = 0;
        cell->StartedAt = now;
        long queued = ItemCell.Pack(sequence, ItemCell.Queued);
        return Interlocked.CompareExchange(ref cell->Word, ItemCell.Pack(sequence, first), queued) == queued;
    }

    internal override void BeginChunk(PayloadWriter writer, ICallLinks links) => writer.BeginInBlock(ResultMemory, links);

    internal override void AdvanceChunk(int slot, uint sequence, int next, PayloadWriter writer)
    {
        // Release stores in this order: the outcome's bytes, then their extent, then the progress that makes them valid. The writer frees a
        // block that it has outgrown only at the end of the chunk, so after the new offset. Model: docs/models/c/cell.c.
        ItemCell* cell = Cell(slot);
        Volatile.Write(ref cell->ResultOffset, writer.Start - _results.Region.Address);
        Volatile.Write(ref cell->ResultLength, writer.Length);
        Volatile.Write(ref cell->Word, ItemCell.Pack(sequence, next));
    }

    internal override void WithdrawChunk(int slot) => Volatile.Write(ref Cell(slot)->ResultOffset, ItemCell.NoOutcomes);

    internal override void Send(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body)
    {
        bool wake;
        lock (_sending)
        {
            body.CopyTo(new Span<byte>(Reserve(kind, slot, sequence, extra, body.Length), body.Length));
            _writer.Publish();
            wake = _parentBell.MustWake();
        }

        if (wake)
            _parentBell.Wake();
    }

    internal override void SendResult(int slot, uint sequence, ResultMessage message, PayloadWriter writer)
    {
        message.Length = writer.Length;
        message.InArea = writer.IsInline ? 0 : 1;
        int inline = writer.IsInline ? (int)writer.Length : 0;
        if (!writer.IsInline)
            message.Offset = writer.DetachBlock() - _results.Region.Address;

        bool wake;
        lock (_sending)
        {
            byte* at = Reserve(FrameKind.Result, slot, sequence, 0, ResultMessage.Size + inline);
            *(ResultMessage*)at = message;
            Buffer.MemoryCopy(writer.Start, at + ResultMessage.Size, inline, inline);
            _writer.Publish();
            wake = _parentBell.MustWake();
        }

        if (wake)
            _parentBell.Wake();
    }

    private ItemCell* Cell(int slot)
    {
        if ((uint)slot >= FrameHeader.Slots)
            throw new ProtocolException($"there is no slot {slot}");

        return (ItemCell*)(_region.Address + LinkLayout.CellsOffset) + slot;
    }

    private byte* Reserve(FrameKind kind, int slot, uint sequence, int extra, int bodyLength)
    {
        if (bodyLength > _writer.MaximumBody)
            throw new ArgumentOutOfRangeException(nameof(bodyLength), bodyLength, "The frame is too large for the ring.");

        byte* at;
        while ((at = _writer.TryReserve(kind, slot, sequence, extra, bodyLength)) == null)
        {
            // The parent always empties this ring; until it does, yield the processor to it.
            if (_ended)
                throw new IOException("the connection to the parent has ended");

            _writer.Publish();
            if (_parentBell.MustWake())
                _parentBell.Wake();
            Thread.Yield();
        }

        return at;
    }

    /// <summary>The result area; reclaims the blocks that the parent has released before it allocates a new one.</summary>
    private sealed class ReclaimingMemory(SharedMemoryParentLink owner) : IPayloadMemory
    {
        private readonly Lock _lock = new(); // serializes readers of the release queue


        public byte* Allocate(nint size, out nint actual)
        {
            Reclaim();
            return owner._results.Allocate(size, out actual);
        }

        /// <summary>Returns unused pages to the system after an idle period.</summary>
        internal void Rest()
        {
            Reclaim();
            owner._results.Trim();
            owner._requests.ForgetPrepared();
            if (LargeArrays.Rest())
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        }

        private void Reclaim()
        {
            lock (_lock)
            {
                while (owner._releases.TryPop(out long offset))
                    owner._results.Free(owner._results.Region.Address + offset);
            }
        }

        public void Free(byte* block) => owner._results.Free(block);
    }
}
