using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>Makes the framework's object for a connection that was accepted by descriptor.</summary>
/// <remarks>
/// The public constructor asks the kernel what the descriptor is: nine system calls for each connection, a twentieth of what a short one
/// costs. The framework's own accept knows it from the socket that listens, by a method that is not public; where that is missing,
/// the public way is taken.
/// </remarks>
internal sealed unsafe class AcceptedSocket
{
    /// <summary>Room for an address of version 4 or 6 (<c>sockaddr_in6</c>); what others are called is asked for when somebody wants to know.</summary>
    private const int AddressLength = 28;

    private readonly int _listening;
    private readonly EndPoint? _template;
    private readonly Func<SafeSocketHandle, EndPoint?, Socket>? _inherit;

    /// <param name="listening">The descriptor of the socket that listens; it stays its owner's.</param>
    internal AcceptedSocket(int listening)
    {
        _listening = listening;
        MethodInfo? inherit = typeof(Socket).GetMethod(
            "CreateAcceptSocket", BindingFlags.Instance | BindingFlags.NonPublic, [typeof(SafeSocketHandle), typeof(EndPoint)]);
        if (inherit?.ReturnType != typeof(Socket))
            return;

        var socket = new Socket(new SafeSocketHandle(listening, ownsHandle: false));
        // Known from then on, also to those that are accepted from it, where it is not all of the machine's addresses.
        _template = socket.LocalEndPoint as IPEndPoint;
        _inherit = inherit.CreateDelegate<Func<SafeSocketHandle, EndPoint?, Socket>>(socket);
    }

    /// <summary>Waits for a connection.</summary>
    /// <returns>Null where there is none; the system's error number says why.</returns>
    internal Socket? Accept() => AcceptDescriptor(out EndPoint? remote) is var socket and >= 0 ? Wrap(socket, remote) : null;

    /// <summary>Makes the framework's object of a connection.</summary>
    internal Socket Wrap(int socket, EndPoint? remote)
    {
        var handle = new SafeSocketHandle(socket, ownsHandle: true);
        return _inherit is null ? new Socket(handle) : _inherit(handle, remote);
    }

    /// <summary>Waits for a connection.</summary>
    /// <param name="remote">Who is at the other end, where the kernel says it.</param>
    /// <returns>Negative where there is none; the system's error number says why.</returns>
    internal int AcceptDescriptor(out EndPoint? remote)
    {
        byte* address = stackalloc byte[AddressLength];
        int length = AddressLength;
        int socket = Libc.Accept(_listening, address, &length, Libc.SOCK_CLOEXEC);
        remote = socket < 0 ? null : Read(address, length);
        return socket;
    }

    /// <summary>Who is at the other end, which the kernel has said with the connection.</summary>
    private EndPoint? Read(byte* address, int length)
    {
        if (_template is null || length is <= 0 or > AddressLength)
            return null;

        var read = new SocketAddress(_template.AddressFamily, length);
        new ReadOnlySpan<byte>(address, length).CopyTo(read.Buffer.Span);
        return _template.Create(read);
    }
}
