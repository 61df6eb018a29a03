using System.Net;
using System.Net.Sockets;
using Tandem.Interop;

namespace Tandem.Serve.Listening;

/// <summary>
/// The listening sockets. A socket is opened when the first worker asks for its address. Restarts of workers do not close it; meanwhile,
/// connections wait in it. It is closed when no worker will accept from it any more, so that clients are refused instead of waiting.
/// </summary>
internal sealed class ListenerStore : IDisposable
{
    private const int Backlog = 4096;

    /// <summary>
    /// The time-out of a worker's blocking accept, in milliseconds, so that the worker can check regularly whether it must stop.
    /// </summary>
    private const int AcceptMilliseconds = 200;

    private const int IPPROTO_TCP = 6;
    private const int TCP_DEFER_ACCEPT = 9;

    /// <summary>After this time, the kernel gives a connection to a worker even if no data has arrived.</summary>
    private const int DeferSeconds = 1;

    private readonly Lock _lock = new(); // guards all fields below
    private readonly Dictionary<string, Listener> _listeners = new(StringComparer.Ordinal); // by address and occurrence: "address#n"
    private readonly List<Socket> _given = []; // sockets of the service manager for which no worker has asked yet
    private DeletionWatch? _watch; // created for the first socket that has a file
    private bool _isClosed;

    /// <summary>Logs what happens to the files of sockets. Called under the store's lock, so it must not block.</summary>
    internal Action<string>? Log { get; set; }

    /// <summary>
    /// Called when another socket was bound in place of one, with its address and its descriptor, which must be passed to all workers.
    /// Called under the store's lock; the old socket is closed when the callback returns.
    /// </summary>
    internal Action<string, int>? Moved { get; set; }

    /// <summary>Called when a worker stops listening on a socket and continues to serve.</summary>
    internal Action? Unlistened { get; set; }

    /// <summary>All sockets, for the next supervisor, which takes them over with <see cref="Adopt"/>.</summary>
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

    /// <summary>Whether connections wait in any socket.</summary>
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

    /// <summary>Takes over a socket of another process.</summary>
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

    /// <summary>Returns the socket for an address, and opens it if it does not exist yet.</summary>
    /// <param name="address">The address that a worker asks for.</param>
    /// <param name="occurrence">
    /// How often the worker has asked for this address before: with port 0, each request means another socket.
    /// </param>
    /// <param name="give">
    /// Called with the socket's descriptor and the address to which it is bound. Called under the store's lock, because the descriptor is
    /// closed when another socket replaces this one.
    /// </param>
    /// <exception cref="SocketException">The system refuses the address.</exception>
    internal void Open(string address, int occurrence, Action<int, string> give)
    {
        string key = $"{address}#{occurrence}";
        lock (_lock)
        {
            if (_isClosed)
                throw new SocketException((int)SocketError.Shutdown);

            if (_listeners.TryGetValue(key, out Listener? listener))
            {
                // The application may just have deleted the socket's file: applications do that before they listen.
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

    /// <summary>Restores the files of sockets that were deleted.</summary>
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
                    ReportOnce(
                        listener,
                        $"the file of the socket {listener.Bound} is gone and cannot be created again, "
                        + $"so no client can connect there: {e.Message}");
                }
            }
        }
    }

    /// <summary>
    /// Closes the sockets on which no worker listens any more, for example after a reload to a version that uses other addresses. Sockets
    /// that a service manager opened stay open, because it decides about them.
    /// </summary>
    /// <param name="findUsed">
    /// Returns the addresses on which workers listen; null if they are not known. Called under the store's lock, so that no worker gets a
    /// socket meanwhile.
    /// </param>
    /// <returns>The addresses of the closed sockets.</returns>
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

    /// <summary>
    /// Closes all sockets when the supervisor exits. Workers still have them and accept the connections that wait there. The last process
    /// that closes a socket closes it for clients.
    /// </summary>
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
            _listeners.Clear(); // so that the deletion watch has nothing to restore
        }
    }

    private static void Close(Listener listener)
    {
        // In this order, so that a client whose connection is refused, because all workers have closed the socket,
        // no longer finds the file.
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

    /// <summary>
    /// Watches the file, so that it is restored at once and hardly any client misses it. <see cref="Check"/> also restores files, where the
    /// system cannot watch.
    /// </summary>
    private void Watch(SocketFile file)
    {
        _watch ??= DeletionWatch.Begin(Check);
        if (Path.GetDirectoryName(file.Path) is { Length: > 0 } folder)
            _watch?.Add(folder);
    }

    /// <summary>Restores the file of a socket if it is gone. Called under the lock.</summary>
    /// <exception cref="SocketException">Another program listens there, or the socket cannot be bound again.</exception>
    private void Repair(Listener listener)
    {
        if (listener.File is not { } file)
            return;

        SocketFileState state = file.Check();
        if (state == SocketFileState.There)
        {
            listener.LastReport = "";
            return;
        }

        if (!listener.IsOurs)
        {
            ReportOnce(
                listener,
                $"the file of the socket {listener.Bound}, which the service manager opened, is gone, so no client can connect there. "
                + "Restart the socket's unit.");
            return;
        }

        if (state == SocketFileState.Replaced)
        {
            SocketFile.DeleteStale(file.Path);
            if (file.Check() == SocketFileState.Replaced)
            {
                ReportOnce(
                    listener,
                    $"the file of the socket {listener.Bound} now belongs to another program, which receives the connections. "
                    + "Stop that program; then the socket's file is restored.");
                throw new SocketException((int)SocketError.AddressAlreadyInUse);
            }
        }

        if (file.TryRestore())
        {
            Log?.Invoke(
                $"the file of the socket {listener.Bound} was deleted, by the application or by another program, and was created again");
        }
        else
        {
            BindAnew(listener, file);
        }
    }

    /// <summary>
    /// Binds another socket, because all names of this one are gone, for example with their folder. Called under the lock.
    /// </summary>
    private void BindAnew(Listener listener, SocketFile file)
    {
        Socket former = listener.Socket;
        listener.Socket = Bind(former.LocalEndPoint!);
        listener.File = SocketFile.OfBound(file.Path);
        if (listener.File is { } anew)
        {
            File.SetUnixFileMode(anew.Path, file.Mode); // because the application may have set it
            Watch(anew);
        }

        Log?.Invoke(
            $"the file of the socket {listener.Bound} was deleted, by the application or by another program; "
            + "another socket was bound there and passed to all workers");
        Moved?.Invoke(listener.Bound, (int)listener.Socket.Handle);
        former.Dispose();
    }

    private void ReportOnce(Listener listener, string text)
    {
        if (listener.LastReport == text)
            return;

        listener.LastReport = text;
        Log?.Invoke(text);
    }

    /// <summary>The path of the socket's file; null if it has none.</summary>
    private static string? PathOf(Socket socket) =>
        socket.LocalEndPoint is UnixDomainSocketEndPoint endPoint && endPoint.ToString() is ['/', ..] path ? path : null;

    private static Socket OfDescriptor(int descriptor) =>
        new(new SafeSocketHandle(descriptor, ownsHandle: true)) { ReceiveTimeout = AcceptMilliseconds, Blocking = true };

    private Socket? TakeGiven(string address)
    {
        EndPoint wanted = EndPointText.Read(address);
        Socket? socket = _given.Find(given => given.LocalEndPoint!.Equals(wanted)
            || (wanted is IPEndPoint { Address: var any, Port: var port } && given.LocalEndPoint is IPEndPoint bound && bound.Port == port
                && (any.Equals(IPAddress.Any) || any.Equals(IPAddress.IPv6Any))
                && (bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any))));
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

        var socket = new Socket(
            endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            // As in Kestrel, "any IPv6 address" includes all IPv4 addresses.
            if (endPoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;

            // The kernel passes a connection to a worker when its first data has arrived, not before (Apache's httpd has the same default).
            // So the worker does not wait for the request, and a worker that crashes has fewer connections without an answer.
            if (endPoint is IPEndPoint)
            {
                socket.SetRawSocketOption(IPPROTO_TCP, TCP_DEFER_ACCEPT, BitConverter.GetBytes(DeferSeconds));
                // Accepted connections inherit this option from the listening socket. Workers undo it if the application does not want it.
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

    /// <summary>
    /// Returns the same socket in an object that does not delete the path when it is closed, because by then the path may name another
    /// socket.
    /// </summary>
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
        /// <summary>The listening socket; replaced by <see cref="BindAnew"/>.</summary>
        internal Socket Socket { get; set; } = socket;

        /// <summary>The address to which the socket is bound.</summary>
        internal string Bound { get; } = EndPointText.Write(socket.LocalEndPoint!);

        /// <summary>Whether a supervisor opened the socket, rather than a service manager.</summary>
        internal bool IsOurs { get; } = isOurs;

        /// <summary>The socket's file; null if it has none.</summary>
        internal SocketFile? File { get; set; } = file;

        /// <summary>The last message that was logged about the file, so that it is not logged repeatedly.</summary>
        internal string LastReport { get; set; } = "";
    }
}
