using System.Net.Sockets;
using Tandem.Interop;
using Tandem.Serve.Os;

namespace Tandem.Serve.Control;

/// <summary>
/// Answers the commands `tandem serve status`, `reload`, `scale` and `stop`, on a Unix socket that only its owner can access.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a client may take to read its answer; the server's exit waits for answers in progress.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly Action<string> _log;
    private readonly Func<ControlRequest, Task<ControlResponse>> _answer;
    private readonly TimeProvider _time; // the server's clock
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _answers = []; // guarded by itself
    private readonly Lock _lock = new(); // guards _socket, _file and _loop, which change when the socket is created again
    private Socket _socket;
    private FileIdentity? _file; // the socket's file
    private Task _loop; // all accept loops, including those of former sockets
    private int _isCreating; // 1 while the socket is being created again
    private string? _lastReport; // the last error that was logged, so that it is not logged repeatedly

    /// <param name="path">The path of the socket.</param>
    /// <param name="answer">Carries out a command and returns the answer.</param>
    /// <param name="log">Logs what happens to the socket.</param>
    /// <param name="time">The server's clock.</param>
    internal ControlServer(string path, Func<ControlRequest, Task<ControlResponse>> answer, Action<string> log, TimeProvider time)
    {
        _path = Path.GetFullPath(path);
        _answer = answer;
        _log = log;
        _time = time;
        _socket = Bind(_path);
        _file = Libc.IdentityOf(_path);
        _loop = Accept(_socket);
    }

    /// <summary>
    /// Creates the socket again, in the background, if its file was deleted, for example by a program that cleans up temporary files.
    /// </summary>
    internal void Check()
    {
        if (Exists())
            return;
        if (!_stop.IsCancellationRequested && Interlocked.Exchange(ref _isCreating, 1) == 0)
            _ = Task.Run(CreateAgain);
    }

    private void CreateAgain()
    {
        try
        {
            Socket next = Bind(_path);
            lock (_lock)
            {
                if (_stop.IsCancellationRequested)
                {
                    next.Dispose();
                    File.Delete(_path);
                    return;
                }

                Socket former = _socket;
                _socket = next;
                _file = Libc.IdentityOf(_path);
                former.Dispose(); // this ends its accept loop
                _loop = Task.WhenAll(_loop, Accept(next));
            }

            _lastReport = null;
            _log($"the control socket '{_path}' was deleted, and was created again");
        }
        catch (Exception e)
        {
            // The next check tries again.
            if (_lastReport != e.Message)
                _log($"the control socket '{_path}' is gone, so commands do not reach this server: {e.Message}");

            _lastReport = e.Message;
        }
        finally
        {
            Volatile.Write(ref _isCreating, 0);
        }
    }

    // in the background, so that the first worker does not wait for the code that this loads
    private Task Accept(Socket socket) => Task.Run(() => AcceptAsync(socket));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task loop;
        lock (_lock)
        {
            _socket.Dispose();
            loop = _loop;
        }

        await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task answered;
        lock (_answers)
            answered = Task.WhenAll(_answers);

        // Wait for the answers: the client that asked for the stop gets its answer now.
        await answered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Exists())
            File.Delete(_path);
        _stop.Dispose();
    }

    private bool Exists()
    {
        FileIdentity? file;
        lock (_lock)
            file = _file;

        return file?.IsSameFile(Libc.IdentityOf(_path)) == true;
    }

    private static Socket Bind(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            var endPoint = new UnixDomainSocketEndPoint(path);
            if (Libc.IdentityOf(path) is { IsSocket: true } && !IsServed(endPoint))
                File.Delete(path); // left by a supervisor that was killed

            // Bind it in a new private folder first, so that the socket is never accessible to other users, not even for a moment.
            string folder = path + ".new";
            OwnFolder.Create(folder);
            string inside = Path.Combine(folder, "s");
            File.Delete(inside);
            socket.Bind(new UnixDomainSocketEndPoint(inside));
            File.SetUnixFileMode(inside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(16); // before any client can find it
            File.Move(inside, path, overwrite: false);
            Directory.Delete(folder);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            socket.Dispose();
            throw new ServeException(
                ServeExitCode.Failure,
                $"The control socket '{path}' cannot be created: {e.Message} Choose another path with --control.",
                e);
        }
    }

    private static bool IsServed(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task AcceptAsync(Socket socket)
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = await socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when ((e is SocketException or ObjectDisposedException) && !_stop.IsCancellationRequested)
            {
                lock (_lock)
                {
                    if (socket != _socket)
                        return; // another socket has replaced this one
                }

                // No file descriptor is free, or the client is gone already. Try again later.
                await Task.Delay(RetryInterval, _time, _stop.Token).ConfigureAwait(false);
                continue;
            }

            lock (_answers)
            {
                _answers.RemoveAll(static answer => answer.IsCompleted);
                _answers.Add(AnswerAsync(connection));
            }
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        try
        {
            var stream = new NetworkStream(connection, ownsSocket: true);
            await using (stream.ConfigureAwait(false))
            {
                ControlRequest request = await ControlChannel.ReadAsync(stream, ControlJson.Default.ControlRequest, _stop.Token)
                    .ConfigureAwait(false);
                ControlResponse response = await _answer(request).ConfigureAwait(false);
                using var limit = new CancellationTokenSource(AnswerTimeout, _time);
                await ControlChannel.WriteAsync(stream, response, ControlJson.Default.ControlResponse, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client is gone, or sent something that is not a command.
        }
    }
}
