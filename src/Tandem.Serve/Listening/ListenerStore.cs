using System.Net;
using System.Net.Sockets;
using Tandem.Interop;

namespace Tandem.Serve.Listening;

/// <summary>
/// The sockets that listen. Each is opened when the first worker asks for its address, and no restart of a worker closes it: connections
/// wait in it when no worker takes them. It is closed when no worker will take any more, so that clients are refused instead of waiting.
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
    private DeletionWatch? _watch;
    private bool _isClosed;

    /// <summary>Told what happens to the files of sockets; called under the store's lock, so it must not wait for anything.</summary>
    internal Action<string>? Tell { get; set; }

    /// <summary>
    /// Told of a socket that was bound anew, with where it is bound and its descriptor, which is to be handed to all workers. Called under the
    /// store's lock; the socket before is closed when it returns.
    /// </summary>
    internal Action<string, int>? Moved { get; set; }

    /// <summary>Told when a worker gave up a socket while it goes on serving.</summary>
    internal Action? Unlistened { get; set; }

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

    /// <summary>Whether connections wait in any of the sockets.</summary>
    internal unsafe bool HaveWaiting()
    {
        lock (_lock)
        {
            foreach (Listener listener in _listeners.Values)
            {
                var poll = new Libc.PollFd { Fd = (int)listener.Socket.Handle, Events = Libc.POLLIN };
                if (Libc.Poll(&poll, 1, 0) > 0)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Takes over a socket.</summary>
    internal void Adopt(InheritedListener listener)
    {
        _ = Libc.Fcntl(listener.Descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        Socket socket = OfDescriptor(listener.Descriptor);
        lock (_lock)
        {
            if (listener.Key.Length > 0)
                Add(listener.Key, new Listener(socket, listener.IsOurs, PathOf(socket) is { } path ? SocketFile.OfAdopted(path) : null));
            else
                _given.Add(socket);
        }
    }

    /// <summary>The socket for an address.</summary>
    /// <param name="address">What a worker asks for.</param>
    /// <param name="occurrence">How often it has asked for just this before: with port 0 each time means another socket.</param>
    /// <param name="give">
    /// Called with the socket's descriptor and where it is bound, under the store's lock: the descriptor is closed when the socket is bound anew.
    /// </param>
    /// <exception cref="SocketException">The system refuses it.</exception>
    internal void Open(string address, int occurrence, Action<int, string> give)
    {
        string key = $"{address}#{occurrence}";
        lock (_lock)
        {
            if (_isClosed)
                throw new SocketException((int)SocketError.Shutdown);

            if (_listeners.TryGetValue(key, out Listener? listener))
            {
                // The application may have deleted it just now: it does that before it asks.
                Repair(listener);
            }
            else
            {
                Socket? given = TakeGiven(address);
                Socket socket = given ?? Bind(EndPointText.Read(address));
                string? path = PathOf(socket);
                listener = new Listener(
                    socket, given is null, path is null ? null : given is null ? SocketFile.OfBound(path) : SocketFile.OfAdopted(path));
                Add(key, listener);
            }

            give((int)listener.Socket.Handle, listener.Bound);
        }
    }

    /// <summary>Makes the files of sockets anew that somebody has deleted.</summary>
    internal void Check()
    {
        lock (_lock)
        {
            foreach (Listener listener in _listeners.Values)
            {
                try
                {
                    Repair(listener);
                }
                catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
                {
                    TellOnce(listener, $"the file of the socket {listener.Bound} is gone, and cannot be made anew, so that nobody can connect there: {e.Message}");
                }
            }
        }
    }

    /// <summary>
    /// Closes the sockets on which no worker listens any more, such as after a reload to a version that uses other addresses. What a
    /// service manager has opened stays: it decides about that.
    /// </summary>
    /// <param name="findUsed">Where workers listen; null where that is not known. Called under the store's lock, so that no worker gets a socket meanwhile.</param>
    /// <returns>Where the closed ones were bound.</returns>
    internal List<string> CloseUnused(Func<IReadOnlySet<string>?> findUsed)
    {
        List<string> closed = [];
        lock (_lock)
        {
            if (findUsed() is not { } used)
                return closed;

            foreach ((string key, Listener listener) in _listeners)
            {
                if (!listener.IsOurs || used.Contains(listener.Bound))
                    continue;

                _listeners.Remove(key);
                Close(listener);
                closed.Add(listener.Bound);
            }
        }

        return closed;
    }

    /// <summary>Closes all sockets, at the end. Workers that have them still take what waits there, and whoever is the last closes them for good.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (Listener listener in _listeners.Values)
                Close(listener);

            foreach (Socket socket in _given)
                socket.Dispose();

            _given.Clear();
            _listeners.Clear(); // what hears of the deletion has nothing to repair
        }
    }

    private static void Close(Listener listener)
    {
        // In this order: who is refused, because all workers have closed it by then, finds no file any more.
        if (listener.IsOurs)
            listener.File?.Delete();
        listener.Socket.Dispose();
    }

    private void Add(string key, Listener listener)
    {
        _listeners[key] = listener;
        if (listener.File is { } file)
            Watch(file);
    }

    /// <summary>At once, so that hardly any client finds nothing; <see cref="Check"/> does it, too, where the system cannot tell.</summary>
    private void Watch(SocketFile file)
    {
        _watch ??= DeletionWatch.Begin(Check);
        if (Path.GetDirectoryName(file.Path) is { Length: > 0 } folder)
            _watch?.Add(folder);
    }

    /// <summary>Under the lock.</summary>
    /// <exception cref="SocketException">Somebody else listens there, or it cannot be bound anew.</exception>
    private void Repair(Listener listener)
    {
        if (listener.File is not { } file)
            return;

        SocketFileState state = file.Look();
        if (state == SocketFileState.There)
        {
            listener.Told = "";
            return;
        }

        if (!listener.IsOurs)
        {
            TellOnce(listener, $"the file of the socket {listener.Bound}, which the service manager has opened, is gone: nobody can connect there. Restart the socket's unit.");
            return;
        }

        if (state == SocketFileState.Replaced)
        {
            SocketFile.DeleteStale(file.Path);
            if (file.Look() == SocketFileState.Replaced)
            {
                TellOnce(listener, $"the file of the socket {listener.Bound} is another program's now, which gets what is sent there. Stop that program: then the socket is found again.");
                throw new SocketException((int)SocketError.AddressAlreadyInUse);
            }
        }

        if (file.TryRestore())
            Tell?.Invoke($"the file of the socket {listener.Bound} was deleted, by the application or by somebody else, and was made anew");
        else
            BindAnew(listener, file);
    }

    /// <summary>All names of the socket are gone, such as with their folder.</summary>
    private void BindAnew(Listener listener, SocketFile file)
    {
        Socket former = listener.Socket;
        listener.Socket = Bind(former.LocalEndPoint!);
        listener.File = SocketFile.OfBound(file.Path);
        if (listener.File is { } anew)
        {
            File.SetUnixFileMode(anew.Path, file.Mode); // as the application may have set it
            Watch(anew);
        }

        Tell?.Invoke($"the file of the socket {listener.Bound} was deleted, by the application or by somebody else; another socket was bound there, and given to all workers");
        Moved?.Invoke(listener.Bound, (int)listener.Socket.Handle);
        former.Dispose();
    }

    private void TellOnce(Listener listener, string text)
    {
        if (listener.Told == text)
            return;

        listener.Told = text;
        Tell?.Invoke(text);
    }

    /// <summary>The file of a socket that has one.</summary>
    private static string? PathOf(Socket socket) => socket.LocalEndPoint is UnixDomainSocketEndPoint endPoint && endPoint.ToString() is ['/', ..] path ? path : null;

    private static Socket OfDescriptor(int descriptor) =>
        new(new SafeSocketHandle(descriptor, ownsHandle: true)) { ReceiveTimeout = AcceptMilliseconds, Blocking = true };

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
            SocketFile.DeleteStale(unix.ToString());

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
            return endPoint is IPEndPoint ? socket : WithoutFile(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The same socket in an object that does not delete the path when it is closed: by then another socket's file may be there.</summary>
    private static Socket WithoutFile(Socket socket)
    {
        int descriptor = Libc.Fcntl((int)socket.Handle, Libc.F_DUPFD_CLOEXEC, 0);
        if (descriptor < 0)
            throw new SocketException((int)SocketError.TooManyOpenSockets);

#pragma warning disable CA1816 // its finalizer would delete the path
        GC.SuppressFinalize(socket);
#pragma warning restore CA1816
        socket.SafeHandle.Dispose();
        return OfDescriptor(descriptor);
    }

    private sealed class Listener(Socket socket, bool isOurs, SocketFile? file)
    {
        internal Socket Socket { get; set; } = socket;

        internal string Bound { get; } = EndPointText.Write(socket.LocalEndPoint!);

        internal bool IsOurs { get; } = isOurs;

        /// <summary>Its file, where it has one.</summary>
        internal SocketFile? File { get; set; } = file;

        /// <summary>What was last told of it, which is not told again and again.</summary>
        internal string Told { get; set; } = "";
    }
}

/// <summary>A socket that was opened before this process was what it is.</summary>
/// <param name="Descriptor">The socket.</param>
/// <param name="IsOurs">Whether a supervisor has opened it; else a service manager has, whose file it is where it has one.</param>
/// <param name="Key">What a worker has asked for to get it; empty for one that nobody has asked for yet.</param>
internal sealed record InheritedListener(int Descriptor, bool IsOurs, string Key);
