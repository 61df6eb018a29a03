using System.Diagnostics.CodeAnalysis;
using System.IO.Pipes;
using Tandem.BackgroundWork;

namespace Tandem.Transport.Portable;

/// <summary>
/// The parent's side of a connection over two pipes: one for frames, one for control. A worker gets only as many items as it can run at
/// once, and it reports what it starts, so that a crash is attributed to the right item.
/// </summary>
internal sealed unsafe class PortableLink : WorkerLink
{
    /// <summary>What the name of the control pipe has in addition to that of the data pipe.</summary>
    internal const string ControlSuffix = ".c";

    // How much is written at once, in bytes; see Send.
    private const int PieceSize = 256 * 1024;

    private readonly string _name; // of the data pipe
    private readonly NamedPipeServerStream _data;
    private readonly Stream _stream; // over the data pipe
    private readonly ControlPipe _control;
    private readonly object _gate = new(); // guards the outgoing buffer, _closed and the threads; the sender waits on it
    private readonly CancellationTokenSource _closing = new(); // ends the wait for the worker to connect
    private readonly ItemRecord[] _records = new ItemRecord[FrameHeader.Slots]; // what the worker reported, by slot
    private FrameBuffer _outgoing = new(); // appended to under _gate; swapped with _sending
    private FrameBuffer _sending = new(); // used by the sender thread only
    private IFrameSink? _sink; // set by Start
    private Thread? _receiver;
    private Thread? _sender;
    private bool _hasOutgoing; // set by Flush, cleared by the sender
    private bool _isConnected; // whether the worker has connected both pipes
    private long _bytesTaken; // bytes that the worker has read from the data pipe, or its buffer holds
    private volatile bool _closed; // set once, under _gate
    private long _framesRead; // lets DrainAndClose see progress

    /// <param name="name">
    /// The name of the data pipe, which the worker connects to. The control pipe has the same name with <see cref="ControlSuffix"/>
    /// appended. On Unix, the absolute path of a socket.
    /// </param>
    internal PortableLink(string name)
    {
        _name = name;
        _data = Create(name);
        _stream = OverlappedPipe.Over(_data);
        try
        {
            _control = new ControlPipe(name + ControlSuffix);
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
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
        {
            ref ItemRecord record = ref _records[slot];
            record.Progress = -1;
            record.StartedAt = 0;
            Volatile.Write(ref record.Sequence, sequence);
        }

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

    internal override void SendControl(FrameKind kind, int slot, uint sequence, int extra) =>
        _control.Send(kind, slot, sequence, extra);

    internal override bool TryRevoke(int slot, uint sequence) => false;

    internal override int ProgressOf(int slot, uint sequence) =>
        Volatile.Read(ref _records[slot].Sequence) == sequence ? Volatile.Read(ref _records[slot].Progress) : -1;

    internal override long StartedAt(int slot, uint sequence) => Volatile.Read(ref _records[slot].StartedAt);

    // Outcomes of elements have already arrived one by one, as frames of their own.
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
        // Under the gate, because a worker that is killed at once closes the link concurrently, and Close joins only threads that run.
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
        // The worker has closed its side, so the receiver reaches the end of the stream, unless another process holds the pipe open. On a
        // busy machine that may take a while. The loop waits as long as there is something to read, so that nothing the worker wrote is
        // lost.
        for (long before = -1; waits && _isConnected && !receiver!.Join(TimeSpan.FromSeconds(1));)
        {
            long read = Volatile.Read(ref _framesRead);
            if (read == before && !HoldsMore())
                break;

            before = read;
        }

        Close();
        // The caller handles the worker's items next and must be their only user. The receiver may have started meanwhile, but cannot
        // start from here on.
        receiver = Receiver;
        if (receiver != Thread.CurrentThread)
            receiver?.Join();
    }

    /// <summary>The receiver's thread, once it runs.</summary>
    private Thread? Receiver
    {
        get
        {
            lock (_gate)
                return _receiver;
        }
    }

    /// <summary>Whether the data pipe holds bytes that were not read yet.</summary>
    private bool HoldsMore()
    {
        try
        {
            return OperatingSystem.IsWindows()
                ? Interop.Kernel32.HoldsBytes(_data.SafePipeHandle)
                : Interop.Libc.HoldsBytes((int)_data.SafePipeHandle.DangerousGetHandle());
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            return false; // the pipe has been closed, or is broken
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

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A dedicated thread that only reads.")]
    private void Receive()
    {
        try
        {
            _data.WaitForConnectionAsync(_closing.Token).GetAwaiter().GetResult();
            _control.ConnectAsync(_closing.Token).GetAwaiter().GetResult();
            DeleteSockets();
            lock (_gate)
                _isConnected = true;
            Flush();
            using var reader = new FrameReader(_stream);
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
            // The link was closed before the worker connected.
        }
        catch (Exception e)
        {
            _sink!.OnBroken(e);
        }
    }

    /// <summary>Deletes the names that nobody needs any more, so that nothing is left of them if this process is killed.</summary>
    private void DeleteSockets()
    {
        if (OperatingSystem.IsWindows() || !Path.IsPathFullyQualified(_name))
            return;

        try
        {
            File.Delete(_name);
            File.Delete(_name + ControlSuffix);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They are deleted when the pipes are closed.
        }
    }

    /// <summary>Records the worker's progress; returns true if the frame carries nothing else.</summary>
    private bool Record(in Frame frame)
    {
        if (frame.Kind is not (FrameKind.Started or FrameKind.Element))
            return false;

        if ((uint)frame.Slot >= (uint)_records.Length || _records[frame.Slot].Sequence != frame.Sequence)
            throw new ProtocolException($"progress of slot {frame.Slot}, which has no such item");

        // The time comes from the worker; all processes read the same clock. The time of arrival would be wrong: other
        // output that the worker has written since then may arrive before this frame.
        if (frame.Kind == FrameKind.Started)
        {
            _records[frame.Slot].StartedAt =
                frame.BodyLength == sizeof(long) ? *(long*)frame.Body : throw new ProtocolException("a start without a time");
        }

        Volatile.Write(ref _records[frame.Slot].Progress, frame.Extra);
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

                // Write in pieces: the progress of a large payload shows that the worker is alive.
                for (int at = 0; at < _sending.Length; at += PieceSize)
                {
                    ReadOnlySpan<byte> piece = _sending.Bytes[at..];
                    piece = piece.Length > PieceSize ? piece[..PieceSize] : piece;
                    _stream.Write(piece);
                    Volatile.Write(ref _bytesTaken, _bytesTaken + piece.Length);
                }

                _sending.Shrink();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The worker has exited; its exit is reported separately.
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
        _stream.Dispose();
        _control.Dispose();
    }

    private static NamedPipeServerStream Create(string name) => new(
        name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);

    /// <summary>The progress of one item, as the worker reported it.</summary>
    /// <remarks>
    /// The receiver writes it while other threads read it, without a lock. Each field is written by a release store after the ones below it,
    /// and read (acquire) before them: a thread that sees the start of an item also sees its time. On Arm, plain stores would let a reader
    /// see the start with a time of zero, so an item could time out at once. Model: docs/models/arm/portable-started.litmus.
    /// </remarks>
    private struct ItemRecord
    {
        internal uint Sequence;
        internal int Progress;
        internal long StartedAt;
    }
}
