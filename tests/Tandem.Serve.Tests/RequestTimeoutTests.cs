using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;
using Tandem.Tool.Serve;

namespace Tandem.Serve.Tests;

/// <summary>What becomes of requests that take too long (--request-timeout), and of their workers.</summary>
public sealed class RequestTimeoutTests
{
    // The first request to a worker, of which these tests ask who it is, may take long on a busy machine: it compiles the code of all.
    private static readonly string[] Common = ["--workers", "1", "--hang-timeout", "0", "--request-timeout", "2s", "--request-timeout-except", "/pid"];

    // A machine that is busy may take long to give a thread back that is told to; none of these tests waits for this grace in vain.
    private static readonly string[] Limited = [.. Common, "--request-grace", "300ms"];
    private static readonly string[] Patient = [.. Common, "--request-grace", "10m"];

    [Theory(Timeout = Limits.Test)]
    [InlineData("/slow?ms=600000", HttpStatusCode.GatewayTimeout)] // awaits with its token
    [InlineData("/endless/block-until-aborted", HttpStatusCode.GatewayTimeout)]
    [InlineData("/endless/swallows", HttpStatusCode.Accepted)] // has an answer of its own
    public async Task A_request_that_ends_when_it_is_aborted_is_answered_and_costs_no_worker(string path, HttpStatusCode expected)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(Patient);
        string worker = await serve.GetAsync("/pid");
        Assert.Equal(expected, await StatusOfAsync(serve, path));
        Assert.Contains($"GET {path.Split('?')[0]}, ", await serve.LineAsync("1 request took longer than 2 s (--request-timeout) and was aborted"), StringComparison.Ordinal);
        Assert.Equal(worker, await serve.GetAsync("/pid"));
        ServeStatus status = await serve.StatusAsync();
        Assert.Equal((1, 0, 0), (status.Slots[0].TimedOut, status.Slots[0].StuckReplacements, status.Slots[0].Restarts));
        Assert.Equal(0, status.Workers[0].Stuck);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Requests_on_a_kept_connection_are_served_after_one_that_was_aborted()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(Patient);
        using HttpClient kept = serve.CreateClient(keepsAlive: true);
        for (int i = 0; i < 2; i++)
        {
            using (HttpResponseMessage late = await kept.GetAsync("/slow?ms=600000"))
                Assert.Equal(HttpStatusCode.GatewayTimeout, late.StatusCode);
            Assert.Equal("Hello, World!", await kept.GetStringAsync("/"));
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("/endless/block", "Endless.Block()")]
    [InlineData("/endless/block-later", "BlockLaterAsync")]
    [InlineData("/endless/spin", "Spin")]
    [InlineData("/endless/yield", "")]
    public async Task A_request_that_holds_its_thread_is_answered_its_worker_replaced_and_its_stack_shown(string path, string stack)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync([.. Limited, "--metrics-port", "0", "--drain-timeout", "10m"]);
        int former = int.Parse(await serve.GetAsync("/pid"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(HttpStatusCode.GatewayTimeout, await StatusOfAsync(serve, path));
        string line = await serve.LineAsync("a request was aborted and still runs (--request-timeout): GET " + path);
        Assert.Contains(stack, await StackAfterAsync(serve, line), StringComparison.Ordinal);

        // It ends long before the time for its requests is over: nothing else is under way there.
        ServeStatus status = await serve.StatusAsync(status => status.Workers is [{ State: "accepting" } worker] && worker.ProcessId != former);
        Assert.Equal((1, 1, 1), (status.Slots[0].TimedOut, status.Slots[0].StuckReplacements, status.Slots[0].Restarts));
        Assert.Contains("GET " + path, status.Slots[0].LastRestarts.Single().Reason, StringComparison.Ordinal);
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));

        string address = await serve.LineAsync("metrics on ");
        using var client = new HttpClient();
        string metrics = await client.GetStringAsync(address[address.IndexOf("http", StringComparison.Ordinal)..]);
        Assert.Contains("tandem_serve_request_timeouts_total{worker=\"1\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("tandem_serve_stuck_replacements_total{worker=\"1\"} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_request_that_waits_for_ever_without_a_thread_is_answered_and_costs_no_worker()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync([.. Limited, "--drain-timeout", "10m"]);
        string worker = await serve.GetAsync("/pid");
        Assert.Equal(HttpStatusCode.GatewayTimeout, await StatusOfAsync(serve, "/endless/await"));
        ServeStatus status = await serve.StatusAsync(static status => status.Workers is [{ Stuck: 1 }]);
        Assert.Equal((1, 0), (status.Slots[0].TimedOut, status.Slots[0].StuckReplacements));
        Assert.Equal(worker, await serve.GetAsync("/pid"));

        // Nor does it hold up the end of its worker.
        await serve.AskAsync("reload");
        await serve.StatusAsync(status => status.Workers is [{ State: "accepting" } next] && $"{next.ProcessId}" != worker);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_request_that_ends_after_it_was_answered_without_the_application_does_no_harm()
    {
        using var folder = new TemporaryFolder();
        await using ServeProcess serve = await ServeProcess.StartAsync([.. Limited, "--restart-limit", "1", "--restart-period", "1h", "--min-uptime", "1h"]);
        Assert.Equal(HttpStatusCode.GatewayTimeout, await StatusOfAsync(serve, $"/endless/spin?until={folder["end"]}")); // which answers, too
        await serve.LineAsync("worker 1 is replaced in 3600 s");
        File.WriteAllText(folder["end"], "");
        ServeStatus status = await serve.StatusAsync(static status => status.Workers is [{ Stuck: 0, TimedOut: 1 }]);
        Assert.Equal(0, status.Slots[0].Restarts);
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
        Assert.DoesNotContain("unhandled exception", serve.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_blocks_when_a_request_is_aborted_holds_up_no_other_request()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(Patient);
        using (await serve.SendAsync("/endless/abort-blocks"))
        {
            await serve.LineAsync("1 request took longer than 2 s");
            Assert.Equal(HttpStatusCode.GatewayTimeout, await StatusOfAsync(serve, "/slow?ms=600000"));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_answer_that_has_begun_and_stops_is_cut()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(Limited);
        using HttpClient client = serve.CreateClient();
        using HttpResponseMessage response = await client.GetAsync("/endless/begun", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync()); // and not taken for a whole one
        await serve.LineAsync("1 request took longer than 2 s");
    }

    [Theory(Timeout = 2 * Limits.Test)]
    [InlineData("/endless/block", 30)]
    [InlineData("/endless/spin", 10)]
    [InlineData("/endless/await", 120)] // a leak, by then
    public async Task Many_requests_that_do_not_end_cost_one_replacement(string path, int count)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync([.. Limited, "--drain-timeout", "5s"]);
        string former = await serve.GetAsync("/pid");
        List<Socket> sockets = [];
        try
        {
            for (int i = 0; i < count; i++)
                sockets.Add(await serve.SendAsync(path));

            await serve.LineAsync("worker 1 is replaced: a request was aborted and still runs", deadline: 2 * Limits.Condition);
            ServeStatus status = await serve.StatusAsync(status => status.Workers is [{ State: "accepting" } worker] && $"{worker.ProcessId}" != former);
            Assert.Equal("Hello, World!", await serve.GetAsync("/"));
            Assert.InRange(status.Slots[0].Restarts, 1, 2); // those that waited in the socket are the next worker's
        }
        finally
        {
            foreach (Socket socket in sockets)
                socket.Dispose();
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Where_it_happens_again_and_again_replacements_are_delayed_and_the_worker_goes_on_meanwhile()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync([.. Limited, "--threads", "8:64", "--restart-limit", "1", "--restart-period", "1h", "--min-uptime", "1h"]);
        string worker = await serve.GetAsync("/pid");
        Assert.Equal(HttpStatusCode.GatewayTimeout, await StatusOfAsync(serve, "/endless/block"));
        await serve.LineAsync("worker 1 is replaced in 3600 s (crash loop: 1 crashes");
        Assert.Equal(worker, await serve.GetAsync("/pid"));
        ServeStatus status = await serve.StatusAsync(static status => status.Slots[0].NextAttemptSeconds > 0);
        Assert.Equal(("accepting", true, 0), (status.Slots[0].State, status.Slots[0].IsCrashLoop, status.Slots[0].Restarts));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("/sse?ms=150&count=20", "data: 19\n\n")]
    [InlineData("/sse?ms=3000&count=2", "data: 1\n\n")] // silent for longer than the limit
    [InlineData("/endless/drip?ms=150&count=20", "xxxxxxxxxxxxxxxxxxxx")] // an answer that goes on
    [InlineData("/endless/unlimited?ms=3000", "unlimited")]
    [InlineData("/slow?ms=3000", "slow")] // by its path
    public async Task Streams_and_what_is_excluded_may_take_longer(string path, string end)
    {
        string[] options = path.StartsWith("/slow", StringComparison.Ordinal) ? [.. Patient, "--request-timeout-except", "/slow"] : Patient;
        await using ServeProcess serve = await ServeProcess.StartAsync(options);
        Assert.EndsWith(end, await serve.GetAsync(path), StringComparison.Ordinal);
        Assert.Equal(0, (await serve.StatusAsync()).Slots[0].TimedOut);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_web_socket_and_a_client_that_sends_slowly_may_take_longer()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(Patient);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{serve.EndPoint.Port}/ws"), CancellationToken.None);
        using var upload = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await upload.ConnectAsync(serve.EndPoint);
        await upload.SendAsync("POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\na"u8.ToArray());

        // One that begins later is over the limit.
        Assert.Equal(HttpStatusCode.GatewayTimeout, await StatusOfAsync(serve, "/slow?ms=600000"));
        await socket.SendAsync("still here"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        byte[] buffer = new byte[100];
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, CancellationToken.None);
        Assert.Equal("still here", Encoding.UTF8.GetString(buffer, 0, received.Count));
        await upload.SendAsync("b"u8.ToArray());
        using var reader = new StreamReader(new NetworkStream(upload));
        Assert.EndsWith("ab", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(1, (await serve.StatusAsync()).Slots[0].TimedOut);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(100, "10m", 418)]
    [InlineData(600_000, "2s", (int)HttpStatusCode.GatewayTimeout)]
    public async Task Of_the_application_s_own_limit_and_the_server_s_the_shorter_one_holds(int own, string limit, int expected)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            "--workers", "1", "--hang-timeout", "0", "--request-timeout", limit, "--request-grace", "10m", Paths.App, "--", "--own-request-limit", $"{own}");
        Assert.Equal((HttpStatusCode)expected, await StatusOfAsync(serve, "/endless/own-limit?ms=600000"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Over_HTTP_2_only_the_request_that_takes_too_long_is_aborted()
    {
        await using LoadedServer server = await LoadedServer.StartAsync(speaksHttp2Only: true, [.. Patient, "--request-timeout-except", "/slow"]);
        using HttpClient client = server.Serve.CreateClient(keepsAlive: true);
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        Task<string> other = client.GetStringAsync("/slow?ms=6000");
        using (HttpResponseMessage late = await client.GetAsync("/endless/block-until-aborted"))
            Assert.Equal(HttpStatusCode.GatewayTimeout, late.StatusCode);
        using (HttpResponseMessage begun = await client.GetAsync("/endless/begun", HttpCompletionOption.ResponseHeadersRead))
            await Assert.ThrowsAnyAsync<Exception>(() => begun.Content.ReadAsStringAsync());
        Assert.Equal("slow", await other);
        Assert.Equal("Hello, World!", await client.GetStringAsync("/"));
    }

    [Fact]
    public void Status_tells_of_requests_that_took_too_long()
    {
        var scaling = new ScalingStatus(2, 8, "nothing waits", 3, 1, new RestartStatus(DateTimeOffset.UnixEpoch, "3 → 4: because"));
        Assert.Equal("load: nothing waits; workers were added 3 times and removed 1 times; last 1970-01-01 00:00:00, 3 → 4: because", StatusView.Describe(scaling));
    }

    private static async Task<HttpStatusCode> StatusOfAsync(ServeProcess serve, string path)
    {
        using HttpClient client = serve.CreateClient();
        using HttpResponseMessage response = await client.GetAsync(path);
        return response.StatusCode;
    }

    /// <summary>The line and what follows it: the stack, or why there is none.</summary>
    private static async Task<string> StackAfterAsync(ServeProcess serve, string line)
    {
        await serve.LineAsync("is replaced: a request was aborted and still runs");
        return serve.Output[serve.Output.IndexOf(line, StringComparison.Ordinal)..];
    }
}
