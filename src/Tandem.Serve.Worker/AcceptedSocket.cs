using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>Accepts connections by descriptor, and creates .NET's <see cref="Socket"/> for them.</summary>
/// <remarks>
/// The public constructor queries the kernel about the descriptor: nine system calls per connection, a twentieth of the cost of a short
/// connection. .NET's own accept copies this data from the listening socket, with a method that is not public. If that method does not
/// exist, the public constructor is used.
/// </remarks>
internal sealed unsafe class AcceptedSocket
{
    /// <summary>The size of an IPv4 or IPv6 address (<c>sockaddr_in6</c>). .NET looks up other addresses when they are needed.</summary>
    private const int AddressLength = 28;

    private readonly int _listening; // the descriptor of the listening socket
    private readonly EndPoint? _template; // creates end points of the same kind; null if the socket is not an IP socket
    private readonly Func<SafeSocketHandle, EndPoint?, Socket>? _inherit; // .NET's internal method; null if it does not exist

    /// <param name="listening">The descriptor of the listening socket, which the caller keeps owning.</param>
    internal AcceptedSocket(int listening)
    {
        _listening = listening;
        MethodInfo? inherit = typeof(Socket).GetMethod(
            "CreateAcceptSocket", BindingFlags.Instance | BindingFlags.NonPublic, [typeof(SafeSocketHandle), typeof(EndPoint)]);
        if (inherit?.ReturnType != typeof(Socket))
            return;

        var socket = new Socket(new SafeSocketHandle(listening, ownsHandle: false));
        // Reading it caches it, also for the accepted sockets, unless the socket listens on all addresses.
        _template = socket.LocalEndPoint as IPEndPoint;
        _inherit = inherit.CreateDelegate<Func<SafeSocketHandle, EndPoint?, Socket>>(socket);
    }

    /// <summary>Waits for a connection, and returns its socket.</summary>
    /// <returns>Null if there is none; the last system error says why.</returns>
    internal Socket? Accept() => AcceptDescriptor(out EndPoint? remote) is var socket and >= 0 ? Wrap(socket, remote) : null;

    /// <summary>Creates .NET's socket for a connection.</summary>
    internal Socket Wrap(int socket, EndPoint? remote)
    {
        var handle = new SafeSocketHandle(socket, ownsHandle: true);
        return _inherit is null ? new Socket(handle) : _inherit(handle, remote);
    }

    /// <summary>Waits for a connection, and returns its descriptor.</summary>
    /// <param name="remote">The client's address, if the kernel returned one.</param>
    /// <returns>Negative if there is none; the last system error says why.</returns>
    internal int AcceptDescriptor(out EndPoint? remote)
    {
        byte* address = stackalloc byte[AddressLength];
        int length = AddressLength;
        int socket = Libc.Accept(_listening, address, &length, Libc.SOCK_CLOEXEC);
        remote = socket < 0 ? null : Read(address, length);
        return socket;
    }

    /// <summary>Parses the client's address, which the kernel returned with the connection.</summary>
    private EndPoint? Read(byte* address, int length)
    {
        if (_template is null || length is <= 0 or > AddressLength)
            return null;

        var read = new SocketAddress(_template.AddressFamily, length);
        new ReadOnlySpan<byte>(address, length).CopyTo(read.Buffer.Span);
        return _template.Create(read);
    }
}
