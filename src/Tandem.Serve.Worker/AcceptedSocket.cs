using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace Tandem.Serve.Worker;

/// <summary>Makes the framework's object for a connection that was accepted by descriptor.</summary>
/// <remarks>
/// The public constructor asks the kernel what the descriptor is: nine system calls for each connection, a twentieth of what a short one
/// costs. The framework's own accept knows it from the socket that listens, by a method that is not public; where that is missing,
/// the public way is taken.
/// </remarks>
internal sealed class AcceptedSocket
{
    private readonly Func<SafeSocketHandle, EndPoint?, Socket>? _inherit;

    /// <param name="listening">The descriptor of the socket that listens; it stays its owner's.</param>
    internal AcceptedSocket(int listening)
    {
        MethodInfo? inherit = typeof(Socket).GetMethod(
            "CreateAcceptSocket", BindingFlags.Instance | BindingFlags.NonPublic, [typeof(SafeSocketHandle), typeof(EndPoint)]);
        if (inherit?.ReturnType == typeof(Socket))
            _inherit = inherit.CreateDelegate<Func<SafeSocketHandle, EndPoint?, Socket>>(new Socket(new SafeSocketHandle(listening, ownsHandle: false)));
    }

    internal Socket Create(int descriptor)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        return _inherit is null ? new Socket(handle) : _inherit(handle, null);
    }
}
