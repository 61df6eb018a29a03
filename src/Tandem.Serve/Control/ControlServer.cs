using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Tandem.Interop;
using Tandem.Serve.Os;

namespace Tandem.Serve.Control;

/// <summary>Answers what `tandem serve status`, `reload`, `scale` and `stop` ask, on a Unix socket that is the owner's alone.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a client may take to read its answer: the end waits for those that are being answered.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly Action<string> _tell;
    private readonly Func<ControlRequest, Task<ControlResponse>> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _answers = []; // under its own lock
    private readonly Lock _lock = new(); // of what changes when the socket is made anew
    private Socket _socket;
    private FileIdentity? _file;
    private Task _loop;
    private int _isMaking;
    private string? _toldProblem;

    /// <param name="path">Where.</param>
    /// <param name="answer">What is asked, and what to answer.</param>
    /// <param name="tell">Where to tell of what happens to the socket.</param>
    internal ControlServer(string path, Func<ControlRequest, Task<ControlResponse>> answer, Action<string> tell)
    {
        _path = Path.GetFullPath(path);
        _answer = answer;
        _tell = tell;
        _socket = Bind(_path);
        _file = Libc.IdentityOf(_path);
        _loop = Accept(_socket);
    }

    /// <summary>Makes the socket anew, beside the caller, where its file was deleted, such as by what tidies up temporary files.</summary>
    internal void Check()
    {
        if (IsThere())
            return;
        if (!_stop.IsCancellationRequested && Interlocked.Exchange(ref _isMaking, 1) == 0)
            _ = Task.Run(MakeAnew);
    }

    private void MakeAnew()
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
                former.Dispose(); // which ends its loop
                _loop = Task.WhenAll(_loop, Accept(next));
            }

            _toldProblem = null;
            _tell($"the control socket '{_path}' was deleted, and is made anew");
        }
        catch (Exception e)
        {
            // Tried again at the next look.
            if (_toldProblem != e.Message)
                _tell($"the control socket '{_path}' is gone, and commands do not reach this server: {e.Message}");

            _toldProblem = e.Message;
        }
        finally
        {
            Volatile.Write(ref _isMaking, 0);
        }
    }

    private Task Accept(Socket socket) => Task.Run(() => AcceptAsync(socket)); // what it loads, the first worker need not wait for

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

        // Who asked for the end is told that it has come.
        await answered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (IsThere())
            File.Delete(_path);
        _stop.Dispose();
    }

    private bool IsThere()
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
                File.Delete(path); // of one that was killed

            // Bound in a folder of its own first, so that it is never open to others, not even for a moment.
            string folder = path + ".new";
            OwnFolder.Create(folder);
            string inside = Path.Combine(folder, "s");
            File.Delete(inside);
            socket.Bind(new UnixDomainSocketEndPoint(inside));
            File.SetUnixFileMode(inside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(16); // before anybody finds it
            File.Move(inside, path, overwrite: false);
            Directory.Delete(folder);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            socket.Dispose();
            throw new ServeException(ServeExitCode.Failure, $"The control socket '{path}' cannot be made: {e.Message} Choose another path with --control.", e);
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

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
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
                        return; // another one has taken its place
                }

                // No descriptor is left, or the client has gone again: the next one may have more luck.
                await Task.Delay(RetryInterval, _stop.Token).ConfigureAwait(false);
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
                ControlRequest request = await ControlChannel.ReadAsync(stream, ControlJson.Default.ControlRequest, _stop.Token).ConfigureAwait(false);
                ControlResponse response = await _answer(request).ConfigureAwait(false);
                using var limit = new CancellationTokenSource(Patience);
                await ControlChannel.WriteAsync(stream, response, ControlJson.Default.ControlResponse, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Who asked is gone, or does not speak like this.
        }
    }
}

/// <summary>Asks a supervisor.</summary>
internal static class ControlClient
{
    /// <exception cref="ServeException">There is none, or it says no.</exception>
    internal static async Task<ControlResponse> AskAsync(string? path, ControlRequest request, CancellationToken cancellationToken)
    {
        path ??= ControlPaths.FindOnly();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            var stream = new NetworkStream(socket);
            await using (stream.ConfigureAwait(false))
            {
                await ControlChannel.WriteAsync(stream, request, ControlJson.Default.ControlRequest, cancellationToken).ConfigureAwait(false);
                ControlResponse response = await ControlChannel.ReadAsync(stream, ControlJson.Default.ControlResponse, cancellationToken).ConfigureAwait(false);
                return response.Error is null ? response : throw new ServeException((ServeExitCode)response.ExitCode, response.Error);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ArgumentException)
        {
            throw new ServeException(ServeExitCode.NoSupervisor, $"No supervisor answers at '{path}': {e.Message}", e);
        }
    }
}
