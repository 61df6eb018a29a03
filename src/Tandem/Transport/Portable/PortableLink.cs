using System.IO.Pipes;
using Tandem.BackgroundWork;

namespace Tandem.Transport.Portable;

/// <summary>
/// The parent's end of a connection over two pipes: one for frames, one for control. Nothing lies ready at a worker beyond what it
/// runs, and the worker says what it starts, so that a crash is blamed on the right item.
/// </summary>
internal sealed unsafe class PortableLink : WorkerLink
{
    private const int PieceSize = 256 * 1024;

    private readonly NamedPipeServerStream _data;
    private readonly NamedPipeServerStream _control;
    private readonly object _gate = new();
    private readonly object _controlGate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ItemRecord[] _records = new ItemRecord[FrameHeader.Slots];
    private FrameBuffer _outgoing = new();
    private FrameBuffer _sending = new();
    private readonly FrameBuffer _controls = new();
    private IFrameSink? _sink;
    private Thread? _receiver;
    private Thread? _sender;
    private bool _hasOutgoing;
    private bool _isConnected;
    private bool _isWritingControls;
    private long _bytesTaken;
    private volatile bool _closed;
    private long _framesRead;

    /// <param name="name">The worker connects to pipes of this name, with <c>.c</c> appended for control.</param>
    internal PortableLink(string name)
    {
        _data = Create(name);
        _control = Create(name + ".c");
    }

    internal override int Slots => FrameHeader.Slots;

    internal override bool CanRevoke => false;

    internal override long BytesTaken => Volatile.Read(ref _bytesTaken);

    internal override bool TrySend(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body)
    {
        lock (_gate)
            _outgoing.Append(kind, slot, sequence, extra, body, null, 0);
        return true;
    }

    internal override bool TrySendInvoke(FrameKind kind, int slot, uint sequence, in InvokeMessage message, byte* payload)
    {
        if (slot < _records.Length)
            _records[slot] = new ItemRecord { Sequence = sequence, Progress = -1 };

        fixed (InvokeMessage* head = &message)
        {
            lock (_gate)
                _outgoing.Append(kind, slot, sequence, 0, new ReadOnlySpan<byte>(head, InvokeMessage.Size), payload, (nint)message.Length);
        }

        return true;
    }

    internal override bool Flush()
    {
        lock (_gate)
        {
            _hasOutgoing = true;
            Monitor.PulseAll(_gate);
        }

        return false;
    }

    internal override void Wake()
    {
    }

    internal override void SendControl(FrameKind kind, int slot, uint sequence, int extra)
    {
        lock (_controlGate)
        {
            _controls.Append(kind, slot, sequence, extra, [], null, 0);
            FlushControls();
        }
    }

    internal override bool TryRevoke(int slot, uint sequence) => false;

    internal override int ProgressOf(int slot, uint sequence) => _records[slot].Sequence == sequence ? _records[slot].Progress : -1;

    internal override long StartedAt(int slot, uint sequence) => Volatile.Read(ref _records[slot].StartedAt);

    // Outcomes of elements came one by one, as frames of their own.
    internal override bool TryRecoverChunk(int slot, uint sequence, out byte* payload, out nint length)
    {
        payload = null;
        length = 0;
        return false;
    }

    internal override byte* ResolveResult(in Frame frame, ref ResultMessage message) =>
        message.Length >= 0 && message.Length <= frame.BodyLength - ResultMessage.Size
            ? frame.Body + ResultMessage.Size
            : throw new ProtocolException($"a result claims {message.Length} bytes in a frame of {frame.BodyLength}");

    internal override void ReleaseResult(in ResultMessage message)
    {
    }

    internal override void Start(IFrameSink sink)
    {
        // Under the gate: a worker that is killed at once ends the link at the same time, and joins threads only if they run.
        lock (_gate)
        {
            if (_closed)
                return;

            _sink = sink;
            Thread receiver = Background.Thread("Tandem receiver", ReceiverStack, Receive, sink.OnBroken);
            Thread sender = Background.Thread("Tandem sender", 256 * 1024, Send, sink.OnBroken);
            receiver.UnsafeStart();
            _receiver = receiver;
            sender.UnsafeStart();
            _sender = sender;
        }
    }

    internal override void DrainAndClose()
    {
        Thread? receiver = Receiver;
        bool waits = receiver is not null && receiver != Thread.CurrentThread;
        // The worker's end is closed, so a receiver comes to the end of its stream, unless somebody else holds it open. On a busy machine
        // that may take a while: what the worker has written is not given up as long as there is something to read.
        for (long before = -1; waits && _isConnected && !receiver!.Join(TimeSpan.FromSeconds(1));)
        {
            long read = Volatile.Read(ref _framesRead);
            if (read == before && !HoldsMore())
                break;

            before = read;
        }

        Close();
        // Whoever sorts out the items now must be alone with them. The receiver may have started meanwhile; from here on it cannot.
        receiver = Receiver;
        if (receiver != Thread.CurrentThread)
            receiver?.Join();
    }

    /// <summary>The receiver's thread once it runs.</summary>
    private Thread? Receiver
    {
        get
        {
            lock (_gate)
                return _receiver;
        }
    }

    private bool HoldsMore()
    {
        if (OperatingSystem.IsWindows())
            return false;

        try
        {
            return Interop.Libc.HoldsBytes((int)_data.SafePipeHandle.DangerousGetHandle());
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            return false; // closed, or broken, meanwhile
        }
    }

    public override void Dispose()
    {
        Close();
        if (_receiver != Thread.CurrentThread)
            _receiver?.Join();
        if (_sender != Thread.CurrentThread)
            _sender?.Join();
        _closing.Dispose();
    }

    private void Receive()
    {
        try
        {
            _data.WaitForConnectionAsync(_closing.Token).GetAwaiter().GetResult();
            _control.WaitForConnectionAsync(_closing.Token).GetAwaiter().GetResult();
            lock (_controlGate)
            {
                _isConnected = true;
                FlushControls();
            }

            Flush();
            using var reader = new FrameReader(_data);
            while (reader.TryRead(out Frame frame))
            {
                if (!Record(in frame))
                    _sink!.OnFrame(in frame);
                _sink!.OnBatchEnd();
                Volatile.Write(ref _framesRead, _framesRead + 1);
            }

            if (!_closed)
                _sink!.OnBroken(new EndOfStreamException());
        }
        catch (Exception) when (_closed)
        {
            // Closed while it waited for a worker that never came.
        }
        catch (Exception e)
        {
            _sink!.OnBroken(e);
        }
    }

    /// <summary>Keeps what the worker says about its progress; true when that is all there is to it.</summary>
    private bool Record(in Frame frame)
    {
        if (frame.Kind is not (FrameKind.Started or FrameKind.Element))
            return false;

        if ((uint)frame.Slot >= (uint)_records.Length || _records[frame.Slot].Sequence != frame.Sequence)
            throw new ProtocolException($"progress of slot {frame.Slot}, which has no such item");

        // The worker's own time, which this process counts alike: what it wrote since then may be here before this frame.
        if (frame.Kind == FrameKind.Started)
            _records[frame.Slot].StartedAt = frame.BodyLength == sizeof(long) ? *(long*)frame.Body : throw new ProtocolException("a start without a time");

        _records[frame.Slot].Progress = frame.Extra;
        return frame.Kind == FrameKind.Started;
    }

    private void Send()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    while (!_closed && !(_hasOutgoing && _isConnected))
                        Monitor.Wait(_gate);

                    if (_closed)
                        return;

                    _hasOutgoing = false;
                    (_outgoing, _sending) = (_sending, _outgoing);
                }

                // In pieces, because what a worker has taken of a large payload shows that it lives.
                for (int at = 0; at < _sending.Length; at += PieceSize)
                {
                    ReadOnlySpan<byte> piece = _sending.Bytes[at..];
                    piece = piece.Length > PieceSize ? piece[..PieceSize] : piece;
                    _data.Write(piece);
                    Volatile.Write(ref _bytesTaken, _bytesTaken + piece.Length);
                }

                _sending.Shrink();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The worker is gone; its exit tells.
        }
    }

    /// <summary>
    /// Under the gate: writes control frames at once, which must not wait for a payload that a busy worker does not read. Nor does this
    /// wait for a worker that reads none of them, under the pool's lock: what does not fit now goes when there is room.
    /// </summary>
    private void FlushControls()
    {
        if (!_isConnected || _closed || _isWritingControls || _controls.Length == 0)
            return;

        byte[] bytes = _controls.Bytes.ToArray();
        _controls.Clear();
        Task written;
        try
        {
            written = _control.WriteAsync(bytes, 0, bytes.Length);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            return; // The worker is gone; its exit tells.
        }

        if (written.IsCompleted)
        {
            _ = written.Exception; // as above
            return;
        }

        _isWritingControls = true;
        written.ContinueWith(
            static (task, link) =>
            {
                _ = task.Exception;
                Background.Run(((PortableLink)link!).OnControlsWritten);
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private void OnControlsWritten()
    {
        lock (_controlGate)
        {
            _isWritingControls = false;
            FlushControls();
        }
    }

    private void Close()
    {
        lock (_gate)
        {
            if (_closed)
                return;

            _closed = true;
            Monitor.PulseAll(_gate);
        }

        _closing.Cancel();
        _data.Dispose();
        _control.Dispose();
    }

    private static NamedPipeServerStream Create(string name) => new(
        name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);

    private struct ItemRecord
    {
        internal uint Sequence;
        internal int Progress;
        internal long StartedAt;
    }
}
