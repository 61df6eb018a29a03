using System.Net;
using System.Net.Sockets;
using Tandem.Interop;

namespace Tandem.Serve.Listening;

/// <summary>
/// The sockets that listen. Each is opened when the first worker asks for its address, and stays as long as the supervisor does:
/// connections wait in it when no worker takes them, and no restart of a worker closes it.
/// </summary>
internal sealed class ListenerStore : IDisposable
{
    private const int Backlog = 4096;

    /// <summary>Ends a worker's blocking accept now and then, so that it sees when it is to stop.</summary>
    private const int AcceptMilliseconds = 200;

    private const int IPPROTO_TCP = 6;
    private const int TCP_DEFER_ACCEPT = 9;

    /// <summary>After which a connection is given to a worker though nothing has come.</summary>
    private const int DeferSeconds = 1;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Listener> _listeners = new(StringComparer.Ordinal);
    private readonly List<Socket> _given = [];

    /// <summary>All sockets; with <see cref="Adopt"/> another process goes on with them.</summary>
    internal IReadOnlyList<InheritedListener> Export()
    {
        lock (_lock)
        {
            return
            [
                .. _listeners.Select(static entry => new InheritedListener((int)entry.Value.Socket.Handle, entry.Value.IsOurs, entry.Key)),
                .. _given.Select(static socket => new InheritedListener((int)socket.Handle, IsOurs: false, "")),
            ];
        }
    }

    /// <summary>Takes over a socket.</summary>
    internal void Adopt(InheritedListener listener)
    {
        _ = Libc.Fcntl(listener.Descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        var socket = new Socket(new SafeSocketHandle(listener.Descriptor, ownsHandle: true)) { ReceiveTimeout = AcceptMilliseconds };
        socket.Blocking = true;
        lock (_lock)
        {
            if (listener.Key.Length > 0)
                _listeners[listener.Key] = new Listener(socket, EndPointText.Write(socket.LocalEndPoint!), listener.IsOurs);
            else
                _given.Add(socket);
        }
    }

    /// <summary>The socket for an address.</summary>
    /// <param name="address">What a worker asks for.</param>
    /// <param name="occurrence">How often it has asked for just this before: with port 0 each time means another socket.</param>
    /// <exception cref="SocketException">The system refuses it.</exception>
    internal (int Descriptor, string Bound) Open(string address, int occurrence)
    {
        string key = $"{address}#{occurrence}";
        lock (_lock)
        {
            if (!_listeners.TryGetValue(key, out Listener? listener))
            {
                Socket? given = TakeGiven(address);
                Socket socket = given ?? Bind(EndPointText.Read(address));
                listener = new Listener(socket, EndPointText.Write(socket.LocalEndPoint!), IsOurs: given is null);
                _listeners.Add(key, listener);
            }

            return ((int)listener.Socket.Handle, listener.Bound);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Listener listener in _listeners.Values)
            {
                listener.Socket.Dispose();
                if (listener.IsOurs && EndPointText.Read(listener.Bound) is UnixDomainSocketEndPoint path)
                    TryDelete(path.ToString());
            }

            foreach (Socket socket in _given)
                socket.Dispose();
        }
    }

    private Socket? TakeGiven(string address)
    {
        EndPoint wanted = EndPointText.Read(address);
        Socket? socket = _given.Find(given => given.LocalEndPoint!.Equals(wanted)
            || (wanted is IPEndPoint { Address: var any, Port: var port } && given.LocalEndPoint is IPEndPoint bound && bound.Port == port
                && (any.Equals(IPAddress.Any) || any.Equals(IPAddress.IPv6Any)) && (bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any))));
        if (socket is not null)
            _given.Remove(socket);
        if (socket?.LocalEndPoint is IPEndPoint)
            socket.NoDelay = true;

        return socket;
    }

    private static Socket Bind(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint unix)
            RemoveStale(unix);

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            // As Kestrel does: all addresses of version 6 are all of version 4 too.
            if (endPoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;

            // A worker is given a connection when its first request is there, not before (as Apache's httpd does by default): it need
            // not wait for it, and who dies has fewer connections that it has not begun to serve.
            if (endPoint is IPEndPoint)
            {
                socket.SetRawSocketOption(IPPROTO_TCP, TCP_DEFER_ACCEPT, BitConverter.GetBytes(DeferSeconds));
                // Connections have this one from the socket that they come from; where an application does not want it, its workers undo it.
                socket.NoDelay = true;
            }

            socket.Bind(endPoint);
            socket.Listen(Backlog);
            socket.ReceiveTimeout = AcceptMilliseconds;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket's file stays when its process was killed; nobody listens there any more.</summary>
    private static void RemoveStale(UnixDomainSocketEndPoint endPoint)
    {
        string path = endPoint.ToString();
        if (!File.Exists(path))
            return;

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            TryDelete(path);
        }
        catch (SocketException)
        {
            // Binding will say what is wrong.
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever binds there next is told.
        }
    }

    private sealed record Listener(Socket Socket, string Bound, bool IsOurs);
}

/// <summary>A socket that was opened before this process was what it is.</summary>
/// <param name="Descriptor">The socket.</param>
/// <param name="IsOurs">Whether a supervisor has opened it; else a service manager has, whose file it is where it has one.</param>
/// <param name="Key">What a worker has asked for to get it; empty for one that nobody has asked for yet.</param>
internal sealed record InheritedListener(int Descriptor, bool IsOurs, string Key);
