using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>Requests that come to another worker than their client's on a connection that cannot be handed over (<c>--sticky cookie</c>).</summary>
public sealed class StickyForwardingTests
{
    private const int Limit = 3 * Limits.Test; // many connections, one after the other
    private const int ManyConnections = 20;

    [Theory(Timeout = Limit)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task With_tls_a_client_is_served_by_one_worker_on_every_connection(string version)
    {
        using var folder = new TemporaryFolder();
        (ServeProcess started, Uri address) = await StartEncryptedAsync(folder);
        await using ServeProcess serve = started;
        using var first = new StickyClient(address, keepsAlive: true);
        int own = await first.ProcessAsync(Version.Parse(version));
        await ConnectAsync(serve, async () =>
        {
            using var client = new StickyClient(address, keepsAlive: true, cookies: first.Cookies);
            Assert.Equal(own, await client.ProcessAsync(Version.Parse(version)));
        });
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_forwarded_looks_as_it_came()
    {
        using var folder = new TemporaryFolder();
        (ServeProcess started, Uri address) = await StartEncryptedAsync(folder);
        await using ServeProcess serve = started;
        using var first = new StickyClient(address, from: "127.0.0.7");
        await first.ProcessAsync();
        await ConnectAsync(serve, async () =>
        {
            using var client = new StickyClient(address, from: "127.0.0.7", cookies: first.Cookies);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/client?a=%2F%20b&c=%C3%A4");
            request.Headers.TryAddWithoutValidation("Tandem-Forwarded", "http|1.2.3.4|1|1.2.3.4|1|x|");
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal($"https 127.0.0.7 {address.Authority} /client?a=%2F%20b&c=%C3%A4", await response.Content.ReadAsStringAsync());
        });
    }

    [Fact(Timeout = Limit)]
    public async Task A_connection_that_several_clients_share_brings_each_to_its_own_worker()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "3", "--sticky", "cookie");
        Dictionary<int, string> cookies = await CookieOfEachAsync(serve, 3);

        // As a proxy does that keeps its connections.
        using HttpClient proxy = serve.CreateClient(keepsAlive: true);
        for (int i = 0; i < 3; i++)
        {
            foreach ((int process, string cookie) in cookies)
            {
                Assert.Equal($"{process}", await (await AskAsync(proxy, HttpMethod.Get, "/pid", cookie)).Content.ReadAsStringAsync());

                byte[] body = RandomNumberGenerator.GetBytes(300_000);
                using HttpResponseMessage echo = await AskAsync(proxy, HttpMethod.Post, "/echo", cookie, new ByteArrayContent(body));
                Assert.Equal(body, await echo.Content.ReadAsByteArrayAsync());

                using HttpResponseMessage missing = await AskAsync(proxy, HttpMethod.Get, "/none", cookie);
                Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
                Assert.False(missing.Headers.Contains("Set-Cookie"));
            }
        }

        ServeStatus status = await serve.StatusAsync();
        Assert.NotEqual(0, status.Workers.Sum(static worker => worker.Forwarded));
        Assert.Contains("tandem_serve_worker_requests_forwarded_total{", MetricsServer.Write(status), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Answers_that_never_end_are_forwarded_as_they_come_and_end_with_the_client()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        Dictionary<int, string> cookies = await CookieOfEachAsync(serve, 2);
        using HttpClient proxy = serve.CreateClient(keepsAlive: true);
        int sitsOn = int.Parse(await proxy.GetStringAsync("/pid"), System.Globalization.CultureInfo.InvariantCulture);
        string other = cookies.First(one => one.Key != sitsOn).Value;
        using (HttpResponseMessage response = await AskAsync(proxy, HttpMethod.Get, "/sse?ms=20", other))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            for (int i = 0; i < 5; i++)
                Assert.NotNull(await reader.ReadLineAsync());
        }

        // One that has no body so far has its head.
        using (HttpResponseMessage silent = await AskAsync(proxy, HttpMethod.Get, "/silent", other))
            Assert.Equal(HttpStatusCode.OK, silent.StatusCode);

        // Both workers see that the client has gone.
        await serve.StatusAsync(static status => status.Workers.All(static worker => worker.Connections == 0 || worker.Requests > 0) && status.Workers.Sum(static worker => worker.Forwarded) > 0);
        proxy.Dispose();
        await serve.StatusAsync(static status => status.Workers.All(static worker => worker.Connections == 0));
    }

    [Theory(Timeout = Limit)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Web_sockets_with_tls_are_forwarded(string version)
    {
        using var folder = new TemporaryFolder();
        (ServeProcess started, Uri address) = await StartEncryptedAsync(folder);
        await using ServeProcess serve = started;
        using var first = new StickyClient(address);
        await first.ProcessAsync();
        await ConnectAsync(serve, async () =>
        {
            using var handler = new SocketsHttpHandler
            {
                CookieContainer = first.Cookies,
                SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost" },
            };
            using var invoker = new HttpMessageInvoker(handler);
            using var socket = new ClientWebSocket();
            (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (Version.Parse(version), HttpVersionPolicy.RequestVersionExact);
            await socket.ConnectAsync(new Uri($"wss://{address.Authority}/ws"), invoker, TestContext.Current.CancellationToken);
            await socket.SendAsync(Encoding.UTF8.GetBytes("a message"), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
            var buffer = new byte[100];
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            Assert.Equal("a message", Encoding.UTF8.GetString(buffer, 0, result.Count));
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", TestContext.Current.CancellationToken);
            Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        });
        await serve.StatusAsync(static status => status.Workers.All(static worker => worker.Connections == 0));
    }

    [Fact(Timeout = Limit)]
    public async Task Clients_of_a_worker_that_was_killed_are_served_on_connections_that_are_kept()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        Dictionary<int, string> cookies = await CookieOfEachAsync(serve, 2);
        using HttpClient proxy = serve.CreateClient(keepsAlive: true);
        int sitsOn = int.Parse(await proxy.GetStringAsync("/pid"), System.Globalization.CultureInfo.InvariantCulture);
        (int other, string cookie) = cookies.First(one => one.Key != sitsOn);
        Assert.Equal($"{other}", await (await AskAsync(proxy, HttpMethod.Get, "/pid", cookie)).Content.ReadAsStringAsync());

        Assert.Equal(0, Libc.Kill(other, Libc.SIGKILL));
        for (int i = 0; i < 10; i++)
        {
            using HttpResponseMessage response = await AskAsync(proxy, HttpMethod.Get, "/pid", cookie);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.NotEqual($"{other}", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Bodies_larger_than_the_application_allows_are_refused_wherever_they_come()
    {
        const int Most = 1000;
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie", Paths.App, "--", "--most-body", $"{Most}");
        Dictionary<int, string> cookies = await CookieOfEachAsync(serve, 2);
        // Else the answer may come before the body has gone, and the client not see it.
        using var proxy = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan }) { BaseAddress = serve.Address };
        proxy.DefaultRequestHeaders.ExpectContinue = true;
        foreach (string cookie in cookies.Values)
        {
            using HttpResponseMessage fits = await AskAsync(proxy, HttpMethod.Post, "/echo", cookie, new ByteArrayContent(new byte[Most]));
            Assert.Equal(Most, (await fits.Content.ReadAsByteArrayAsync()).Length);
            using HttpResponseMessage refused = await AskAsync(proxy, HttpMethod.Post, "/echo", cookie, new ByteArrayContent(new byte[Most + 1]));
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_reload_loses_no_request_that_is_forwarded()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        Dictionary<int, string> cookies = await CookieOfEachAsync(serve, 2);
        using var stop = new CancellationTokenSource();
        int[] done = new int[4];
        Task[] load = [.. Enumerable.Range(0, done.Length).Select(i => Task.Run(async () =>
        {
            using HttpClient proxy = serve.CreateClient(keepsAlive: true);
            while (!stop.IsCancellationRequested)
            {
                foreach (string cookie in cookies.Values)
                {
                    using HttpResponseMessage response = await AskAsync(proxy, HttpMethod.Get, "/pid", cookie);
                    Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                    Interlocked.Increment(ref done[i]);
                }
            }
        }))];
        await Eventually.Async(() => Array.TrueForAll(done, static one => one > 0) || Array.Exists(load, static one => one.IsFaulted));
        await serve.AskAsync("reload");
        await serve.AskAsync("reload");
        await stop.CancelAsync();
        await Task.WhenAll(load);
    }

    [Fact(Timeout = Limit)]
    public async Task Web_sockets_end_with_the_worker_that_has_the_client_s_connection()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        Dictionary<int, string> cookies = await CookieOfEachAsync(serve, 2);
        using HttpClient proxy = serve.CreateClient(keepsAlive: true);
        int sitsOn = int.Parse(await proxy.GetStringAsync("/pid"), System.Globalization.CultureInfo.InvariantCulture);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", $"{StickyClient.CookieName}={cookies.First(one => one.Key != sitsOn).Value}");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{serve.Address.Port}/ws"), proxy, TestContext.Current.CancellationToken);
        Assert.Equal(0, Libc.Kill(sitsOn, Libc.SIGTERM));
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[10], TestContext.Current.CancellationToken));
        await serve.StatusAsync(status => status.Workers.All(worker => worker.ProcessId != sitsOn)); // and hold it up no longer
    }

    [Fact(Timeout = Limit)]
    public async Task A_WebHost_is_served_alike()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie", Paths.App, "--", "--older-host");
        Dictionary<int, string> cookies = await CookieOfEachAsync(serve, 2);
        using HttpClient proxy = serve.CreateClient(keepsAlive: true);
        foreach ((int process, string cookie) in cookies)
        {
            Assert.Equal($"{process}", await (await AskAsync(proxy, HttpMethod.Get, "/pid", cookie)).Content.ReadAsStringAsync());
            using var client = new StickyClient(serve.Address) { Cookie = cookie };
            Assert.Equal(process, Assert.Single((await client.ProcessesAsync(ManyConnections)).Distinct()));
        }

        await serve.AskAsync("stop");
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task Forwarding_leaves_no_descriptor_behind()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        Dictionary<int, string> cookies = await CookieOfEachAsync(serve, 2);
        // Which worker forwards depends on the one that takes the connection. Each keeps connections to the other once it has forwarded.
        while (!(await serve.StatusAsync()).Workers.All(static worker => worker.Forwarded > 0))
            await ForwardAsync();
        int[] before = [.. cookies.Keys.Select(StickyTests.SocketsOf)];
        await ForwardAsync();

        await Eventually.Async(
            () => cookies.Keys.Select(StickyTests.SocketsOf).Zip(before).All(static one => one.First <= one.Second),
            otherwise: () => $"There were {string.Join(", ", before)} sockets, and are {string.Join(", ", cookies.Keys.Select(StickyTests.SocketsOf))}.");

        async Task ForwardAsync()
        {
            using (HttpClient proxy = serve.CreateClient(keepsAlive: true))
            {
                for (int i = 0; i < 100; i++)
                {
                    foreach (string cookie in cookies.Values)
                        (await AskAsync(proxy, HttpMethod.Get, "/pid", cookie)).Dispose();
                }
            }

            await serve.StatusAsync(static status => status.Workers.All(static worker => worker.Connections == 0));
        }
    }

    private static async Task<(ServeProcess Serve, Uri Address)> StartEncryptedAsync(TemporaryFolder folder)
    {
        using X509Certificate2 certificate = ServingTests.CreateCertificate();
        File.WriteAllBytes(folder["own.pfx"], certificate.Export(X509ContentType.Pkcs12));
        int port = Ports.Free();
        ServeProcess serve = ServeProcess.Launch(
            ["--workers", "2", "--sticky", "cookie", Paths.App, "--", "--urls", "http://127.0.0.1:0", "--https-port", $"{port}", "--certificate", folder["own.pfx"]]);
        await serve.ServingAsync();
        return (serve, new Uri($"https://127.0.0.1:{port}"));
    }

    /// <summary>Makes many connections, and more until some have come to a worker that has to forward: which they come to is chance.</summary>
    private static async Task ConnectAsync(ServeProcess serve, Func<Task> connect)
    {
        for (int i = 0; i < ManyConnections || (await serve.StatusAsync()).Workers.Sum(static worker => worker.Forwarded) == 0; i++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await connect();
        }
    }

    /// <summary>A client's cookie for each worker.</summary>
    private static async Task<Dictionary<int, string>> CookieOfEachAsync(ServeProcess serve, int workers)
    {
        Dictionary<int, string> cookies = [];
        List<StickyClient> clients = []; // who has more connections than another worker lets that one go first
        while (cookies.Count < workers) // until the test's own limit
        {
            clients.Add(new StickyClient(serve.Address, keepsAlive: true));
            cookies[await clients[^1].ProcessAsync()] = clients[^1].Cookie!;
        }

        clients.ForEach(static client => client.Dispose());
        return cookies;
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, HttpMethod method, string path, string cookie, HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.TryAddWithoutValidation("Cookie", $"{StickyClient.CookieName}={cookie}");
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }
}
