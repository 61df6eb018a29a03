using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Protocol;
using Tandem.Serve.Tests.Infrastructure;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Tests;

/// <summary>All requests of one client are served by one worker (<c>--sticky</c>).</summary>
public sealed class StickyTests
{
    private const int Limit = 3 * Limits.Test; // many connections, one after the other
    private const int ManyRequests = 40;

    [Fact(Timeout = Limit)]
    public async Task A_client_that_keeps_its_cookie_is_served_by_one_worker_on_every_connection()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "3", "--sticky", "cookie");
        var all = new HashSet<int>();
        ServeStatus status;
        do
        {
            using var client = new StickyClient(serve.Address);
            int own = Assert.Single((await client.ProcessesAsync(ManyRequests)).Distinct());
            all.Add(own);
            status = await serve.StatusAsync();
        }
        while (all.Count == 1 || status.Workers.Sum(static worker => worker.HandedOver) < ManyRequests); // clients are spread nevertheless

        Assert.Contains("tandem_serve_worker_connections_handed_over_total{", MetricsServer.Write(status), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Without_the_option_there_is_no_cookie_and_any_worker_serves_any_client()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "3");
        using var client = new StickyClient(serve.Address);
        var all = new HashSet<int>();
        while (all.Count < 2) // until the test's own limit
            all.Add(await client.ProcessAsync());

        Assert.Null(client.Cookie);
    }

    [Fact(Timeout = Limit)]
    public async Task The_cookie_is_for_the_server_alone()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        using HttpClient client = serve.CreateClient();
        using HttpResponseMessage response = await client.GetAsync(new Uri("/", UriKind.Relative));
        string cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Matches($"^{StickyClient.CookieName}=[0-9a-f]{{16}}\\.[0-9a-f]{{16}}; path=/; samesite=lax; httponly$", cookie);
    }

    [Fact(Timeout = Limit)]
    public async Task Clients_of_a_killed_worker_go_to_another_one_and_all_requests_of_each_to_the_same()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "3", "--sticky", "cookie");
        using var client = new StickyClient(serve.Address);
        int own = await client.ProcessAsync();
        string stale = client.Cookie!;
        Assert.Equal(0, Libc.Kill(own, Libc.SIGKILL));
        await serve.StatusAsync(status => status.Workers.Count(worker => worker.State == "accepting" && worker.ProcessId != own) == 3);

        // As a page does that asks for several things at once.
        StickyClient[] parts = [.. Enumerable.Range(0, 12).Select(_ => new StickyClient(serve.Address) { Cookie = stale })];
        int[] processes = await Task.WhenAll(parts.Select(static part => part.ProcessAsync()));
        int successor = Assert.Single(processes.Distinct());
        Assert.NotEqual(own, successor);
        Assert.All(parts, part => Assert.NotEqual(stale, part.Cookie));
        Assert.Equal(successor, Assert.Single((await parts[0].ProcessesAsync(ManyRequests)).Distinct()));
        foreach (StickyClient part in parts)
            part.Dispose();
    }

    [Fact(Timeout = Limit)]
    public async Task Two_servers_on_one_host_keep_their_clients_though_these_have_one_cookie_for_both()
    {
        await using ServeProcess one = await ServeProcess.StartAsync("--workers", "3", "--sticky", "cookie");
        await using ServeProcess two = await ServeProcess.StartAsync("--workers", "3", "--sticky", "cookie");
        for (int i = 0; i < 6; i++)
        {
            using var client = new StickyClient(one.Address);
            using var same = new StickyClient(two.Address, cookies: client.Cookies);
            int first = await client.ProcessAsync();
            int second = await same.ProcessAsync();
            for (int j = 0; j < 8; j++)
            {
                Assert.Equal(first, await client.ProcessAsync());
                Assert.Equal(second, await same.ProcessAsync());
            }
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Another_supervisor_in_the_same_process_routes_as_the_one_before()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        using var client = new StickyClient(serve.Address);
        int former = await client.ProcessAsync();
        ServeStatus before = await serve.StatusAsync();
        serve.Signal(Libc.SIGUSR2);
        await serve.LineAsync("workers of the previous supervisor drain");
        await Eventually.Async(() => !before.Workers.Any(static worker => ProcFs.IsAlive(worker.ProcessId)));
        int own = await client.ProcessAsync();
        Assert.NotEqual(former, own);
        Assert.Equal(own, Assert.Single((await client.ProcessesAsync(ManyRequests)).Distinct()));
    }

    [Fact(Timeout = Limit)]
    public async Task Reloads_and_other_numbers_of_workers_lose_no_request_of_clients_with_cookies_or_without()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        using var stop = new CancellationTokenSource();
        int[] done = new int[6];
        Task[] load = [.. Enumerable.Range(0, done.Length).Select(i => Task.Run(async () =>
        {
            using var client = new StickyClient(serve.Address);
            while (!stop.IsCancellationRequested)
            {
                if (i % 3 == 0)
                    client.Cookie = "";
                await client.ProcessAsync(); // a connection that is lost is an exception
                Interlocked.Increment(ref done[i]);
            }
        }))];
        await Eventually.Async(() => Array.TrueForAll(done, static one => one > 0) || Array.Exists(load, static one => one.IsFaulted));
        await serve.AskAsync("reload");
        await serve.AskAsync("scale", 3);
        await serve.AskAsync("reload");
        await serve.AskAsync("scale", 1);
        await serve.StatusAsync(static status => status.Workers.Count == 1);
        await stop.CancelAsync();
        await Task.WhenAll(load);
    }

    [Fact(Timeout = Limit)]
    public async Task Connections_that_are_handed_over_leave_no_descriptor_behind()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie", "--standbys", "0");
        using var client = new StickyClient(serve.Address);
        // Who hands over for the first time keeps the way to the other one.
        long first = await HandOverAsync(1);
        int[] workers = [.. (await serve.StatusAsync()).Workers.Select(static worker => worker.ProcessId)];
        int[] before = [serve.ProcessId, .. workers];
        before = [.. before.Select(SocketsOf)];

        await HandOverAsync(first + ManyRequests);
        await Eventually.Async(
            () => ((int[])[serve.ProcessId, .. workers]).Select(SocketsOf).Zip(before).All(static one => one.First <= one.Second),
            otherwise: () => $"There were {string.Join(", ", before)} sockets, and are {string.Join(", ", ((int[])[serve.ProcessId, .. workers]).Select(SocketsOf))}.");

        async Task<long> HandOverAsync(long atLeast)
        {
            long handedOver;
            do
            {
                await client.ProcessesAsync(ManyRequests);
                handedOver = (await QuietAsync(serve)).Workers.Sum(static worker => worker.HandedOver);
            }
            while (handedOver < atLeast); // which connection comes to which worker is chance

            return handedOver;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task What_was_kept_of_workers_that_are_gone_is_closed()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie", "--standbys", "0");
        int supervisor = SocketsOf(serve.ProcessId);
        for (int i = 0; i < 3; i++)
        {
            using var client = new StickyClient(serve.Address);
            await client.ProcessesAsync(ManyRequests);
            await serve.AskAsync("reload");
            await serve.StatusAsync(static status => status.Workers is [{ State: "accepting" }, { State: "accepting" }]);
        }

        await Eventually.Async(() => SocketsOf(serve.ProcessId) <= supervisor, otherwise: () => $"There were {supervisor} sockets, and are {SocketsOf(serve.ProcessId)}.");
    }

    [Fact(Timeout = Limit)]
    public async Task Clients_that_send_nothing_or_half_a_request_hold_up_nobody()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        using var client = new StickyClient(serve.Address);
        int own = await client.ProcessAsync();
        var slow = new List<Socket>();
        for (int i = 0; i < 200; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            slow.Add(socket);
            await socket.ConnectAsync(serve.EndPoint);
            if (i % 2 == 0)
                await socket.SendAsync("GET / HTTP/1.1\r\nHost: local"u8.ToArray());
        }

        Assert.Equal(own, Assert.Single((await client.ProcessesAsync(ManyRequests)).Distinct()));

        // However late the rest comes, it is answered.
        foreach (Socket socket in slow)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(slow.IndexOf(socket) % 2 == 0 ? "host\r\n\r\n" : "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            Assert.StartsWith("HTTP/1.1 200", await ReadAsync(socket, 12), StringComparison.Ordinal);
            socket.Dispose();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_head_that_comes_in_pieces_is_brought_to_its_worker()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "3", "--sticky", "cookie");
        using var client = new StickyClient(serve.Address);
        int own = await client.ProcessAsync();
        byte[] request = Encoding.ASCII.GetBytes($"GET /pid HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\ncookie: a=b; {StickyClient.CookieName}={client.Cookie}\r\n\r\n");
        for (int i = 0; i < 12; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(serve.EndPoint);
            for (int start = 0; start < request.Length; start += 30)
                await socket.SendAsync(request.AsMemory(start, Math.Min(30, request.Length - start)));
            Assert.Contains($"\r\n{own}\r\n", await ReadAsync(socket, int.MaxValue), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Cookies_that_nobody_gave_do_no_harm()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "cookie");
        int[] workers = [.. (await serve.StatusAsync()).Workers.Select(static worker => worker.ProcessId)];
        string[] values =
        [
            "", ".", "x", "0000000000000000.0000000000000000", "ffffffffffffffff.ffffffffffffffff", "7fffffffffffffff.1", "-000000000000001.+000000000000001",
            new('a', 33), new('9', 12_000), "\"0123456789abcdef.0123456789abcdef\"", "0123456789abcdef.0123456789abcdef; tandem-worker=2", "../../etc", "%00",
        ];
        for (int i = 0; i < 4; i++)
        {
            foreach (string value in values)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/");
                request.Headers.TryAddWithoutValidation("Cookie", $"{StickyClient.CookieName}={value}");
                using HttpClient client = serve.CreateClient();
                using HttpResponseMessage response = await client.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }
        }

        ServeStatus status = await serve.StatusAsync();
        Assert.Equal(workers, status.Workers.Select(static worker => worker.ProcessId));
        Assert.All(status.Workers, static worker => Assert.Equal(0, worker.Restarts));
    }

    [Fact(Timeout = Limit)]
    public async Task By_address_a_client_is_served_by_one_worker_without_a_cookie()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--sticky", "address");
        var all = new HashSet<int>();
        for (int i = 1; i <= 20; i++)
        {
            using var client = new StickyClient(serve.Address, from: $"127.0.0.{i}");
            all.Add(Assert.Single((await client.ProcessesAsync(10)).Distinct()));
            Assert.Null(client.Cookie);
        }

        Assert.Equal(2, all.Count);
    }

    [Fact]
    public void What_a_head_says_does_not_depend_on_how_much_has_come_beyond_it() =>
        Gen.Select(Gen.Long, Gen.Long, Gen.Int[0, 400]).Sample(static (worker, client, length) =>
        {
            var cookie = new StickyCookie(worker, client);
            byte[] head = Encoding.ASCII.GetBytes($"GET /?a=b HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nCOOKIE: a=1; tandem-worker={cookie}; b=2\r\nX-Y: z\r\n\r\nbody");
            int end = Encoding.ASCII.GetString(head).IndexOf("b=2\r\n", StringComparison.Ordinal) + 5;
            RequestHeadContent content = RequestHead.Read(head.AsSpan(0, Math.Min(length, head.Length)), out StickyCookie found);
            Assert.Equal(length >= end ? RequestHeadContent.Cookie : RequestHeadContent.Incomplete, content);
            Assert.Equal(length >= end ? cookie : default, found);
        });

    [Fact]
    public void Whatever_bytes_come_a_head_is_read_without_an_error() => Gen.Byte.Array[0, 300].Sample(static bytes =>
    {
        RequestHeadContent content = RequestHead.Read(bytes, out _);
        Assert.True(Enum.IsDefined(content));
        _ = RequestHead.Read([.. "GET / HTTP/1.1\r\nCookie: tandem-worker="u8, .. bytes, .. "\r\n\r\n"u8], out _);
    });

    [Fact]
    public void Tls_and_http_2_are_not_waited_for()
    {
        Assert.Equal(RequestHeadContent.NoCookie, RequestHead.Read([0x16, 3, 1], out _));
        Assert.Equal(RequestHeadContent.NoCookie, RequestHead.Read("PRI * HTTP/2.0\r\n"u8, out _));
        Assert.Equal(RequestHeadContent.Incomplete, RequestHead.Read([], out _));
        Assert.Equal(RequestHeadContent.NoCookie, RequestHead.Read("GET / HTTP/1.1\r\nHost: x\r\n\r\nCookie: tandem-worker=0123456789abcdef.0123456789abcdef\r\n"u8, out _));
    }

    [Fact]
    public void When_a_worker_comes_or_goes_only_its_own_clients_move()
    {
        using var board = Board.Create(TimeProvider.System);
        board.Used = 5;
        for (int i = 1; i <= 4; i++)
            (board[i].Id, board[i].State, board[i].AliveAt) = (1000 + i, (long)WebWorkerState.Accepting, Environment.TickCount64 + 3_600_000);

        long[] clients = [.. Enumerable.Range(1, 4000).Select(static i => (long)Board.Mix((ulong)i))];
        long[] before = [.. clients.Select(board.ChooseFor)];
        Assert.All(before.CountBy(static id => id), static count => Assert.InRange(count.Value, 800, 1200));
        board[2].State = (long)WebWorkerState.Draining;
        foreach ((long client, long former) in clients.Zip(before))
            Assert.True(former == 1002 ? board.ChooseFor(client) != 1002 : board.ChooseFor(client) == former);

        Assert.True(board.Has(1002));
        Assert.False(board.Accepts(1002));
        board[2] = default;
        Assert.False(board.Has(1002));
        board[2].State = board[1].State = board[3].State = board[4].State = (long)WebWorkerState.Starting;
        Assert.Equal(0, board.ChooseFor(1));
    }

    /// <summary>Waits until no connection is open.</summary>
    private static Task<ServeStatus> QuietAsync(ServeProcess serve) => serve.StatusAsync(static status => status.Workers.All(static worker => worker.Connections == 0));

    internal static int SocketsOf(int process)
    {
        int count = 0;
        foreach (string file in Directory.GetFiles($"/proc/{process}/fd"))
        {
            if (Libc.ReadLink(file) is { } target && target.StartsWith("socket:", StringComparison.Ordinal))
                count++;
        }

        return count;
    }

    private static async Task<string> ReadAsync(Socket socket, int least)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (text.Length < least && await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));

        return text.ToString();
    }
}
