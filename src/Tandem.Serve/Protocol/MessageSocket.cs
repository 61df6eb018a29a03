using System.Runtime.InteropServices;
using System.Text;
using Tandem.Interop;

namespace Tandem.Serve.Protocol;

/// <summary>
/// One end of a connection between supervisor and worker, for short texts that may each carry one descriptor (SCM_RIGHTS). A message
/// arrives complete or not at all (SOCK_SEQPACKET). The stream ends when the other process exits.
/// </summary>
/// <param name="descriptor">The descriptor of this process's end.</param>
/// <param name="waits">
/// Whether sending blocks while the other side reads nothing and its buffer is full. The supervisor never blocks, because a worker may be
/// stopped.
/// </param>
internal sealed unsafe class MessageSocket(int descriptor, bool waits) : IDisposable
{
    private const int MaximumLength = 8 * 1024;
    private const int SCM_RIGHTS = 1;
    private const int SOL_SOCKET = 1;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int SOCK_SEQPACKET = 5;

    private readonly Lock _sending = new(); // serializes sending with closing the descriptor
    private int _descriptor = descriptor; // -1 after Dispose

    /// <summary>Creates a connection; returns this process's end, and the descriptor of the other end.</summary>
    internal static MessageSocket CreatePair(out int other)
    {
        CreatePair(out int own, out other);
        return new MessageSocket(own, waits: false);
    }

    /// <summary>Creates a connection; returns the descriptors of both ends.</summary>
    internal static void CreatePair(out int one, out int other)
    {
        int* sockets = stackalloc int[2];
        if (Libc.SocketPair(Libc.AF_UNIX, SOCK_SEQPACKET | Libc.SOCK_CLOEXEC, 0, sockets) != 0)
            throw new IOException($"The message socket of a worker could not be created: {Libc.LastError()}.");

        (one, other) = (sockets[0], sockets[1]);
    }

    /// <summary>
    /// From now on, sending to this end fails. Messages that were sent before can still be received; then the stream ends.
    /// </summary>
    internal void StopReceiving()
    {
        lock (_sending)
        {
            if (_descriptor >= 0)
                _ = Libc.ShutDown(_descriptor, Libc.SHUT_RD);
        }
    }

    /// <summary>Sends a message; false if the other side is gone, or if it does not wait and the other side's buffer is full.</summary>
    internal bool TrySend(string verb, string rest = "", int attached = -1)
    {
        byte[] text = Encoding.UTF8.GetBytes(rest.Length == 0 ? verb : $"{verb} {rest}");
        int length = Math.Min(text.Length, MaximumLength);
        byte* control = stackalloc byte[ControlMessage.Size];
        fixed (byte* bytes = text)
        {
            var vector = new Libc.IoVector { Base = bytes, Length = length };
            var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (attached >= 0)
            {
                *(ControlMessage*)control = new ControlMessage
                {
                    Length = ControlMessage.Used,
                    Level = SOL_SOCKET,
                    Type = SCM_RIGHTS,
                    Descriptor = attached
                };
                message.Control = control;
                message.ControlLength = ControlMessage.Size;
            }

            lock (_sending)
            {
                while (_descriptor >= 0)
                {
                    if (Libc.SendMessage(_descriptor, &message, waits ? Libc.MSG_NOSIGNAL : Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT) >= 0)
                        return true;
                    if (Marshal.GetLastPInvokeError() != Libc.EINTR)
                        return false;
                }
            }
        }

        return false;
    }

    /// <summary>Waits for the next message.</summary>
    /// <param name="wait">How long to wait, in milliseconds; a negative value waits without a limit.</param>
    /// <param name="message">The message.</param>
    internal ReceiveOutcome Receive(int wait, out Message message)
    {
        message = default;
        int descriptor = Volatile.Read(ref _descriptor);
        if (descriptor < 0)
            return ReceiveOutcome.End; // this side has closed the socket

        var poll = new Libc.PollFd { Fd = descriptor, Events = Libc.POLLIN };
        if (Libc.Poll(&poll, 1, wait) <= 0)
            return ReceiveOutcome.Nothing;

        byte* bytes = stackalloc byte[MaximumLength];
        byte* control = stackalloc byte[ControlMessage.Size];
        var vector = new Libc.IoVector { Base = bytes, Length = MaximumLength };
        var header = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlMessage.Size };
        nint read = Libc.ReceiveMessage(descriptor, &header, MSG_CMSG_CLOEXEC | Libc.MSG_DONTWAIT);
        if (read < 0 && Marshal.GetLastPInvokeError() is Libc.EINTR or Libc.EAGAIN)
            return ReceiveOutcome.Nothing;
        if (read <= 0)
            return ReceiveOutcome.End;

        int attached = -1;
        if (header.ControlLength >= ControlMessage.Used && ((ControlMessage*)control)->Type == SCM_RIGHTS)
            attached = ((ControlMessage*)control)->Descriptor;

        string text = Encoding.UTF8.GetString(bytes, (int)read);
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        message = blank < 0 ? new Message(text, "", attached) : new Message(text[..blank], text[(blank + 1)..], attached);
        return ReceiveOutcome.Message;
    }

    public void Dispose()
    {
        lock (_sending)
        {
            if (_descriptor >= 0)
                _ = Libc.Close(_descriptor);
            _descriptor = -1;
        }
    }

    /// <summary>The layout of <c>struct cmsghdr</c> on 64-bit Linux, followed by one descriptor.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlMessage
    {
        internal const int Used = 20;
        internal const int Size = 24;

        internal nint Length;
        internal int Level;
        internal int Type;
        internal int Descriptor;
    }
}
