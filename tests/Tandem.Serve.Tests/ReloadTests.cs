using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using Tandem.LoadClient;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>A new version takes the old one's place, and nobody notices.</summary>
public sealed class ReloadTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_new_version_behind_a_link_is_served_after_a_reload_and_not_before()
    {
        using var folder = new TemporaryFolder();
        string app = AddVersions(folder);
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", app);
        Assert.Equal("one", await serve.GetAsync("/version"));

        Point(folder, "v2");
        await KillOneAsync(serve);
        Assert.Equal("one", await serve.GetAsync("/version")); // who replaces a crashed worker is of its version

        await serve.AskAsync("reload");
        ServeStatus status = await serve.StatusAsync(static status => status.Workers.Count == 2);
        Assert.All(status.Workers, worker => Assert.StartsWith(folder["v2"], worker.Application, StringComparison.Ordinal));
        Assert.Equal("two", await serve.GetAsync("/version"));
        Assert.Equal("two", await serve.GetAsync("/version"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_version_that_does_not_start_is_not_served_and_the_old_one_goes_on()
    {
        using var folder = new TemporaryFolder();
        string app = AddVersions(folder);
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", app);
        int[] before = [.. (await serve.StatusAsync()).Workers.Select(static worker => worker.ProcessId)];

        File.WriteAllText(Path.Combine(folder["v2"], Path.GetFileNameWithoutExtension(app) + ".deps.json"), "{ broken");
        Point(folder, "v2");
        var refused = await Assert.ThrowsAsync<ServeException>(() => serve.AskAsync("reload"));
        Assert.Contains("the old one continues to serve", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ServeExitCode.Refused, refused.ExitCode);
        ServeStatus status = await serve.StatusAsync(static status => status.Workers.Count == 2);
        Assert.Equal(before, status.Workers.Select(static worker => worker.ProcessId));

        // The next one is as good as any.
        folder.AddApp("v3", "three");
        Point(folder, "v3");
        await serve.AskAsync("reload");
        await serve.AcceptingAsync();
        Assert.Equal("three", await serve.GetAsync("/version"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_version_that_is_well_in_one_worker_only_is_taken_back_there_too()
    {
        using var folder = new TemporaryFolder();
        string app = AddVersions(folder);
        await using ServeProcess serve = await ServeProcess.StartAsync(
            "--workers", "2", "--health", "/health", "--start-timeout", "20s", app, "--", "--sick-file", folder["sick"]);
        Point(folder, "v2");
        File.WriteAllText(folder["sick.2"], ""); // the next worker 2
        Task<ControlResponse> reload = serve.AskAsync("reload");
        await serve.LineAsync("serves; it was ready after", times: 3); // the first of the new version
        var refused = await Assert.ThrowsAsync<ServeException>(() => reload);
        Assert.Contains("/health answers 503", refused.Message, StringComparison.Ordinal);
        ServeStatus status = await serve.StatusAsync(static status => status.Workers is [{ State: "accepting" }, { State: "accepting" }]);
        Assert.All(status.Workers, worker => Assert.StartsWith(folder["v1"], worker.Application, StringComparison.Ordinal));
        Assert.Equal("one", await serve.GetAsync("/version"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_that_are_added_and_do_not_become_ready_hold_up_nothing_else()
    {
        using var folder = new TemporaryFolder();
        await using ServeProcess serve = await ServeProcess.StartAsync(
            "--workers", "1", "--health", "/health", "--start-timeout", "20s", "--restart-limit", "1", "--restart-period", "1h", Paths.App, "--", "--sick-file", folder["sick"]);
        File.WriteAllText(folder["sick"], "");
        var refused = await Assert.ThrowsAsync<ServeException>(() => serve.AskAsync("scale", 2));
        Assert.Contains("1 of 1 new workers are not ready", refused.Message, StringComparison.Ordinal);
        File.Delete(folder["sick"]);
        await serve.AskAsync("reload");
        await serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "accepting") == 2);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(LoadMode.KeepAlive, false)]
    [InlineData(LoadMode.KeepAlive, true)]
    [InlineData(LoadMode.ConnectionPerRequest, false)]
    [InlineData(LoadMode.Pipelined, false)]
    [InlineData(LoadMode.Http2, true)]
    [InlineData(LoadMode.Http2, false)]
    public async Task No_request_fails_while_versions_change(LoadMode mode, bool isEncrypted)
    {
        await using LoadedServer server = await LoadedServer.StartAsync(mode == LoadMode.Http2 && !isEncrypted, "--workers", "2");
        // No more than leaves time for workers to start in; what they meet is the same.
        bool isOneByOne = mode is LoadMode.KeepAlive or LoadMode.ConnectionPerRequest;
        var load = LoadRun.Start(server.Options(mode, isEncrypted) with
        {
            Clients = isOneByOne ? 8 : 2,
            Depth = 4,
            Interval = isOneByOne ? TimeSpan.FromMilliseconds(5) : null,
            Requests = [LoadRequest.Plaintext, LoadRequest.Json, LoadRequest.Big(64), LoadRequest.Slow(5)],
        });
        for (int i = 0; i < (mode == LoadMode.KeepAlive && !isEncrypted ? 2 : 1); i++)
        {
            long before = load.RequestsSoFar;
            await server.Serve.AskAsync("reload");
            await Eventually.Async(() => load.RequestsSoFar > before + 100);
        }

        load.Cancel();
        LoadResult result = await load.Completion;
        Assert.True(result.Failed == 0, $"{result}\n{string.Join('\n', result.Failures.Take(10))}");
    }

    /// <summary>What a client streams, it cannot send again: it is not enough to tell it that the server has not heard it.</summary>
    [Theory(Timeout = Limits.Test)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_body_that_is_streamed_over_http_2_is_refused_while_versions_change(bool isEncrypted)
    {
        await using LoadedServer server = await LoadedServer.StartAsync(!isEncrypted, "--workers", "2");
        var address = new Uri($"{(isEncrypted ? "https" : "http")}://{server.Options(LoadMode.Http2, isEncrypted).EndPoint}/echo");
        using var end = new CancellationTokenSource();
        long count = 0;
        Task[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => StreamBodiesAsync(address, () => Interlocked.Increment(ref count), end.Token)))];
        for (int i = 0; i < 4; i++)
        {
            long before = Interlocked.Read(ref count);
            await server.Serve.AskAsync("reload");
            await Eventually.Async(() => Interlocked.Read(ref count) > before + 100 || clients.Any(static client => client.IsFaulted));
        }

        await end.CancelAsync();
        await Task.WhenAll(clients);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_request_fails_of_clients_that_pause_exactly_as_long_as_a_connection_must_be_silent(bool isEncrypted)
    {
        await using LoadedServer server = await LoadedServer.StartAsync("--workers", "1", "--keep-alive-silence", "1s");
        var load = LoadRun.Start(server.Options(LoadMode.KeepAlive, isEncrypted) with { Clients = 64, Pause = TimeSpan.FromSeconds(1) });
        for (int i = 0; i < 4; i++)
        {
            long before = load.RequestsSoFar;
            await server.Serve.AskAsync("reload");
            await Eventually.Async(() => load.RequestsSoFar > before + 128);
        }

        load.Cancel();
        LoadResult result = await load.Completion;
        Assert.True(result.Failed == 0, $"{result}\n{string.Join('\n', result.Failures.Take(10))}");
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_client_that_pauses_as_it_did_before_is_waited_for_longer_than_the_silence()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--keep-alive-silence", "2s");
        int worker = (await serve.StatusAsync()).Workers.Single().ProcessId;
        using HttpTalk talk = await HttpTalk.ConnectAsync(serve.EndPoint);
        Assert.Contains("Hello, World!", await talk.AskAsync(), StringComparison.Ordinal);
        await Task.Delay(TimeSpan.FromSeconds(4)); // what this client does, not what it waits for
        Assert.DoesNotContain("Connection: close", await talk.AskAsync(), StringComparison.Ordinal);

        // Longer than the silence, and shorter than twice its pause, also where it has to wait for a processor.
        Task paused = Task.Delay(TimeSpan.FromSeconds(2.5));
        Assert.Equal(0, Tandem.Interop.Libc.Kill(worker, Tandem.Interop.Libc.SIGTERM));
        await serve.StatusAsync(status => status.Workers.Any(one => one.ProcessId == worker && one.State == "draining"));
        await paused;
        Assert.Contains("Connection: close", await talk.AskAsync(), StringComparison.Ordinal);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: TE, Close\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")]
    public async Task A_client_that_reads_until_the_close_is_not_kept_waiting_by_a_worker_that_ends(string request)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--keep-alive-silence", "1m", "--drain-timeout", "10m");
        List<HttpTalk> talks = [];
        List<TimeSpan> times = [];
        try
        {
            for (int i = 0; i < 20; i++)
            {
                talks.Add(await HttpTalk.ConnectAsync(serve.EndPoint));
                await talks[i].AskAsync(); // so that the worker which is to end has the connection
            }

            await serve.AskAsync("reload");
            await serve.StatusAsync(static status => status.Workers.Any(static worker => worker.State == "draining"));
            foreach (HttpTalk talk in talks)
            {
                long start = Stopwatch.GetTimestamp();
                await talk.SendAsync(request);
                Assert.Contains("Hello, World!", await talk.ReceiveToEndAsync(), StringComparison.Ordinal);
                times.Add(Stopwatch.GetElapsedTime(start));
            }

            // A close that waits for the client's takes a second, each time. Some may have had to wait for a processor.
            Assert.Contains(times, static time => time < TimeSpan.FromSeconds(1));
        }
        finally
        {
            foreach (HttpTalk talk in talks)
                talk.Dispose();
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_web_socket_is_told_of_the_end_and_does_not_hold_up_a_reload_for_long()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{serve.Address.Port}/ws"), CancellationToken.None);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[16];
        Assert.Equal(5, (await socket.ReceiveAsync(buffer, CancellationToken.None)).Count);
        await serve.AskAsync("reload");
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(buffer, CancellationToken.None));
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_request_that_takes_long_is_answered_by_the_worker_that_has_it()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--drain-timeout", "10m");
        HeldRequest held = await serve.HoldAsync();
        await serve.AskAsync("reload");
        await serve.StatusAsync(status => status.Workers.Any(worker => worker.ProcessId == held.ProcessId && worker.State == "draining"));
        await held.FinishAsync();
    }

    private static async Task StreamBodiesAsync(Uri address, Action count, CancellationToken end)
    {
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost" } };
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        while (!end.IsCancellationRequested)
        {
            using var content = new BodyOfTwoParts();
            using HttpResponseMessage response = await client.PostAsync(address, content, CancellationToken.None);
            Assert.Equal("firstsecond", await response.Content.ReadAsStringAsync(CancellationToken.None));
            count();
        }
    }

    /// <summary>A body that comes bit by bit, and once only.</summary>
    private sealed class BodyOfTwoParts : HttpContent
    {
        private bool _isSent;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Assert.False(_isSent, "The client has to send the body again, which it could not.");
            _isSent = true;
            await stream.WriteAsync("first"u8.ToArray());
            await stream.FlushAsync();
            await Task.Delay(1);
            await stream.WriteAsync("second"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>Two versions, and a link to the first one; returns the application behind the link.</summary>
    private static string AddVersions(TemporaryFolder folder)
    {
        folder.AddApp("v1", "one");
        folder.AddApp("v2", "two");
        Directory.CreateSymbolicLink(folder["current"], folder["v1"]);
        return Path.Combine(folder["current"], Path.GetFileName(Paths.App));
    }

    private static void Point(TemporaryFolder folder, string version)
    {
        Directory.Delete(folder["current"]);
        Directory.CreateSymbolicLink(folder["current"], folder[version]);
    }

    private static async Task KillOneAsync(ServeProcess serve)
    {
        int victim = (await serve.StatusAsync()).Workers[0].ProcessId;
        Assert.Equal(0, Tandem.Interop.Libc.Kill(victim, Tandem.Interop.Libc.SIGKILL));
        await serve.StatusAsync(status => status.Workers.Count(worker => worker.State == "accepting" && worker.ProcessId != victim) == 2);
    }
}
