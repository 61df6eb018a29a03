using System.Net.Sockets;
using System.Text;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>A socket listens as long as a worker takes connections from it: a client is refused then, and does not wait for nobody.</summary>
public sealed class ListeningTests
{
    [Theory(Timeout = Limits.Test)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Who_comes_after_the_end_has_begun_is_refused_while_requests_are_finished(bool byCommand, bool isUnixSocket)
    {
        using var folder = new TemporaryFolder();
        string path = folder["web.sock"];
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "2", "--spares", "1", "--drain-timeout", "10m", "--urls", isUnixSocket ? $"http://unix:{path}" : "http://127.0.0.1:0", Paths.App]);
        await serve.ServingAsync();
        EndPointOf(out Func<Socket> connect);

        // A request that is not done before this test wants it to be.
        using Socket held = connect();
        await held.SendAsync("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab"u8.ToArray());
        await serve.StatusAsync(static status => status.Workers.Any(static worker => worker.Connections > 0));

        Task<ControlResponse>? stopped = null;
        if (byCommand)
            stopped = serve.AskAsync("stop");
        else
            serve.Signal(Libc.SIGTERM);

        await Eventually.Async(() => !CanConnect(connect), otherwise: () => $"Clients can still connect.\n{serve.Output}");
        Assert.False(File.Exists(path));
        await serve.StatusAsync(static status => status.Workers.Any(static worker => worker.State == "draining"));

        await held.SendAsync("cd"u8.ToArray());
        Assert.EndsWith("abcd", await ReadToEndAsync(held), StringComparison.Ordinal);
        Assert.Equal(0, await serve.ExitAsync());
        if (stopped is not null)
            Assert.Null((await stopped).Error);

        void EndPointOf(out Func<Socket> connect) => connect = () => isUnixSocket ? ConnectTo(path) : ConnectTo(serve.Address.Port);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_socket_that_the_reloaded_version_does_not_want_is_closed()
    {
        using var folder = new TemporaryFolder();
        string file = folder["variables"];
        (int kept, int left, int added) = (Ports.Free(), Ports.Free(), Ports.Free());
        File.WriteAllText(file, $"ASPNETCORE_URLS=http://127.0.0.1:{kept};http://127.0.0.1:{left}\n");
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "2", "--env-file", file, Paths.App]);
        await serve.ServingAsync();
        Assert.True(CanConnect(() => ConnectTo(left)));

        File.WriteAllText(file, $"ASPNETCORE_URLS=http://127.0.0.1:{kept};http://127.0.0.1:{added}\n");
        Assert.Null((await serve.AskAsync("reload")).Error);
        await serve.LineAsync($"the socket 127.0.0.1:{left} was closed");
        await Eventually.Async(() => !CanConnect(() => ConnectTo(left))); // the worker before may not have closed its own yet
        using var client = new HttpClient();
        foreach (int port in (int[])[kept, added])
            Assert.Equal("Hello, World!", await client.GetStringAsync($"http://127.0.0.1:{port}/"));

        // And it is there again with a version that wants it.
        File.WriteAllText(file, $"ASPNETCORE_URLS=http://127.0.0.1:{kept};http://127.0.0.1:{left}\n");
        Assert.Null((await serve.AskAsync("reload")).Error);
        Assert.Equal("Hello, World!", await client.GetStringAsync($"http://127.0.0.1:{left}/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_socket_that_the_running_application_leaves_is_closed()
    {
        using var folder = new TemporaryFolder();
        (int kept, int left) = (Ports.Free(), Ports.Free());
        WriteEndPoints(folder["appsettings.json"], kept, left);
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "2", "--directory", folder.Path, Paths.App]);
        await serve.ServingAsync();
        Assert.True(CanConnect(() => ConnectTo(left)));

        // Kestrel hears of it by itself, in each worker.
        WriteEndPoints(folder["appsettings.json"], kept);
        await serve.LineAsync($"the socket 127.0.0.1:{left} was closed");
        await Eventually.Async(() => !CanConnect(() => ConnectTo(left)));
        using var client = new HttpClient();
        Assert.Equal("Hello, World!", await client.GetStringAsync($"http://127.0.0.1:{kept}/"));

        // Each worker can have it anew.
        WriteEndPoints(folder["appsettings.json"], kept, left);
        await Eventually.Async(() => CanConnect(() => ConnectTo(left)));
        Assert.Equal("Hello, World!", await client.GetStringAsync($"http://127.0.0.1:{left}/"));
    }

    private static void WriteEndPoints(string file, params int[] ports)
    {
        // In one step, or a worker could read half of it.
        File.WriteAllText(file + ".new", $$"""{ "Kestrel": { "Endpoints": { {{string.Join(", ", ports.Select(static (port, i) => $$"""
            "Number{{i}}": { "Url": "http://127.0.0.1:{{port}}" }
            """))}} } } }""");
        File.Move(file + ".new", file, overwrite: true);
    }

    private static bool CanConnect(Func<Socket> connect)
    {
        try
        {
            using Socket socket = connect();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable
            or SocketError.ConnectionReset or SocketError.ConnectionAborted)
        {
            return false; // the second one: the file of a Unix socket is not there; the last ones: it was closed in this moment
        }
    }

    private static Socket ConnectTo(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect("127.0.0.1", port);
        return socket;
    }

    private static Socket ConnectTo(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync();
    }
}
