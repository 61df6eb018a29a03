using System.Net.Sockets;
using Tandem.Interop;
using Tandem.LoadClient;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>Signals, and the supervisor's own end.</summary>
public sealed class SupervisorTests
{
    private const int SIGHUP = 1;
    private const int SIGINT = 2;
    private const int SIGUSR1 = 10;
    private const int SIGUSR2 = 12;
    private const int SIGTTIN = 21;
    private const int SIGTTOU = 22;

    [Theory(Timeout = Limits.Test)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_control_socket_that_was_deleted_is_made_anew(bool withItsFolder)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        string path = serve.ControlPath;
        for (int i = 1; i <= 2; i++)
        {
            if (withItsFolder)
                DeleteAtOnce(Path.GetDirectoryName(path)!);
            else
                File.Delete(path);
            await serve.LineAsync("was deleted, and was created again", times: i);
            Assert.Single((await serve.StatusAsync()).Workers, static worker => worker.Number == 1);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        await serve.AskAsync("stop");
        Assert.Equal(0, await serve.ExitAsync());
        Assert.False(File.Exists(path));
    }

    /// <summary>In one step, or the server could put something into a folder that is being deleted.</summary>
    internal static void DeleteAtOnce(string folder)
    {
        string away = $"{folder}.{Guid.NewGuid():N}";
        Directory.Move(folder, away);
        Directory.Delete(away, recursive: true);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Reloads_that_are_asked_for_during_a_reload_are_one_further_reload()
    {
        using var folder = new TemporaryFolder();
        await using ServeProcess serve = await ServeProcess.StartAsync(
            "--workers", "1", "--health", "/health", "--start-timeout", "10m", Paths.App, "--", "--sick-file", folder["sick"]);
        File.WriteAllText(folder["sick"], "");
        Task first = serve.AskAsync("reload");
        await serve.LineAsync("reload: ");
        serve.Signal(SIGHUP);
        await serve.LineAsync("a reload is in progress; one further reload");
        List<NetworkStream> more = [];
        for (int i = 0; i < 5; i++)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(serve.ControlPath));
            more.Add(new NetworkStream(socket, ownsSocket: true));
            await ControlChannel.WriteAsync(more[i], new ControlRequest("reload"), ControlJson.Default.ControlRequest, CancellationToken.None);
        }

        await serve.StatusAsync(); // which is heard after those, because it came later
        File.Delete(folder["sick"]);
        await first;
        foreach (NetworkStream stream in more)
        {
            Assert.Null((await ControlChannel.ReadAsync(stream, ControlJson.Default.ControlResponse, CancellationToken.None)).Error);
            stream.Dispose();
        }

        ServeStatus status = await serve.StatusAsync(static status => status.Workers is [{ State: "accepting" }]);
        Assert.Equal(2, status.Workers[0].Restarts);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_application_that_binds_a_port_of_its_own_is_told_why_that_fails_in_the_second_worker()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--standbys", "0", Paths.App, "--", "--own-port", $"{Ports.Free()}");
        await serve.LineAsync("The application binds an address itself, without Kestrel, that is in use");
        ServeStatus status = await serve.StatusAsync(static status => status.Slots.Any(static slot => slot.LastRestarts.Count > 0));
        Assert.Contains(status.Slots, static slot => slot.LastRestarts.Any(static restart => restart.Reason.Contains("without Kestrel", StringComparison.Ordinal)));
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task TERM_lets_requests_finish()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--drain-timeout", "10m");
        HeldRequest held = await serve.HoldAsync();
        serve.Signal(Libc.SIGTERM);
        await serve.StatusAsync(static status => status.Workers is [{ State: "draining" }]); // the other one has ended
        await held.FinishAsync();
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task TERM_waits_no_longer_than_it_is_told_to()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--drain-timeout", "500ms");
        Task<string> slow = serve.GetAsync("/slow?ms=3600000");
        await serve.StatusAsync(static status => status.Workers.Any(static worker => worker.Connections > 0));
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_request_that_nothing_can_end_holds_a_worker_no_longer_than_it_may()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--drain-timeout", "500ms", Paths.App, "--", "--shutdownTimeoutSeconds", "3600");
        long before = (await serve.StatusAsync()).Workers.Single().Requests;
        using Socket stuck = await serve.SendAsync("/sleep?ms=3600000");
        await serve.StatusAsync(status => status.Workers.Single().Requests > before);
        Assert.Equal(0, (await serve.AskAsync("reload")).ExitCode);
        await serve.LineAsync("is killed. It had not exited 0.5 s after it was told to (--drain-timeout).");
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    /// <summary>What a request that never ends leaves of the time is the application's, to close its files and the like.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task Hosted_services_are_stopped_also_where_a_request_does_not_end()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            "--workers", "1", "--drain-timeout", "20s", Paths.App, "--", "--shutdownTimeoutSeconds", "3600", "--ticker-says-end", "true");
        Task<string> slow = serve.GetAsync("/slow?ms=3600000");
        ServeStatus before = await serve.StatusAsync(static status => status.Workers.Any(static worker => worker.Connections > 0));
        serve.Signal(Libc.SIGTERM);
        await serve.StatusAsync(static status => status.Workers is [{ State: "draining" }]);

        // A supervisor that is stopped kills no worker, however long that one takes.
        serve.Signal(Libc.SIGSTOP);
        try
        {
            await Eventually.Async(() => !ProcFs.IsAlive(before.Workers[0].ProcessId));
        }
        finally
        {
            serve.Signal(Libc.SIGCONT);
        }

        await serve.LineAsync("The ticker was stopped.");
        Assert.Equal(0, await serve.ExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task TERM_to_a_worker_has_another_one_serve_while_it_finishes()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--drain-timeout", "1h");
        Task<string> slow = serve.GetAsync("/slow?ms=3600000");
        ServeStatus before = await serve.StatusAsync(static status => status.Workers.Any(static worker => worker.Connections > 0));
        int worker = before.Workers.Single().ProcessId;
        Assert.Equal(0, Libc.Kill(worker, Libc.SIGTERM));
        await serve.StatusAsync(status => status.Workers.Any(other => other is { State: "accepting", Restarts: 1 }) && status.Workers.Any(other => other.ProcessId == worker && other.State == "draining"));
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
        Assert.False(slow.IsCompleted);
        serve.Signal(SIGINT);
        Assert.Equal(0, await serve.ExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task INT_does_not_wait_for_connections_that_are_kept()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--keep-alive-silence", "1h");
        using HttpClient client = serve.CreateClient(keepsAlive: true);
        await client.GetStringAsync("/");
        serve.Signal(SIGINT);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task INT_does_not_wait_for_requests_and_asked_twice_for_nothing_at_all()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--drain-timeout", "1h", Paths.App, "--", "--shutdownTimeoutSeconds", "3600");
        Task<string> slow = serve.GetAsync("/slow?ms=3600000");
        await serve.StatusAsync(static status => status.Workers.Any(static worker => worker.Connections > 0));
        serve.Signal(Libc.SIGTERM);
        await serve.LineAsync("stopping: the workers drain");
        serve.Signal(SIGINT);
        serve.Signal(SIGINT);
        Assert.Equal(0, await serve.ExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_stop_in_the_middle_of_a_reload_ends_both()
    {
        using var folder = new TemporaryFolder();
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--health", "/health", Paths.App, "--", "--sick-file", folder["sick"]);
        File.WriteAllText(folder["sick"], "");
        Task<ControlResponse> reload = serve.AskAsync("reload");
        await serve.StatusAsync(static status => status.Workers.Count == 2);
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
        await Assert.ThrowsAsync<ServeException>(() => reload);
        Assert.DoesNotContain("rolled back to the previous version", serve.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("reload cancelled", serve.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task TERM_before_any_worker_is_ready_is_no_failure()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["sick"], "");
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "2", "--urls", "http://127.0.0.1:0", "--health", "/health", Paths.App, "--", "--sick-file", folder["sick"]]);
        await serve.LineAsync("Now listening");
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_server_that_speaks_HTTP_2_only_is_asked_whether_it_is_well()
    {
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "1", "--urls", "http://127.0.0.1:0", "--health", "/health", Paths.App, "--", "--Kestrel:EndpointDefaults:Protocols=Http2"]);
        await serve.ServingAsync();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task HUP_reloads_and_TTIN_and_TTOU_scale()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        int first = (await serve.StatusAsync()).Workers[0].ProcessId;
        serve.Signal(SIGHUP);
        await serve.StatusAsync(status => status.Workers is [{ State: "accepting" } one] && one.ProcessId != first);
        serve.Signal(SIGTTIN);
        await serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "accepting") == 2);
        serve.Signal(SIGTTOU);
        await serve.StatusAsync(static status => status.Workers.Count == 1);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task USR1_opens_the_log_file_anew()
    {
        using var folder = new TemporaryFolder();
        string log = folder["serve.log"];
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "1", "--urls", "http://127.0.0.1:0", "--log-file", log, Paths.App]);
        await Eventually.Async(() => File.Exists(log) && File.ReadAllText(log).Contains("serving on", StringComparison.Ordinal));
        File.Move(log, folder["old.log"]);
        serve.Signal(SIGUSR1);
        await Eventually.Async(() => File.Exists(log));
        await serve.AskAsync("reload");
        await Eventually.Async(() => File.ReadAllText(log).Contains("reload done", StringComparison.Ordinal)); // who writes it may have to wait for a processor
    }

    [Fact(Timeout = Limits.Test)]
    public async Task USR2_puts_a_new_supervisor_in_place_without_a_lost_request()
    {
        await using LoadedServer server = await LoadedServer.StartAsync("--workers", "1");
        await server.Serve.AskAsync("scale", 2);
        ServeStatus before = await server.Serve.StatusAsync();
        var load = LoadRun.Start(server.Options(LoadMode.KeepAlive, isEncrypted: false) with { Clients = 8, Interval = TimeSpan.FromMilliseconds(5), Requests = [LoadRequest.Plaintext, LoadRequest.Big(64)] });
        for (int i = 1; i <= 2; i++)
        {
            server.Serve.Signal(SIGUSR2);
            await server.Serve.LineAsync("serving on", times: i + 1);
        }

        // The old ones have gone by themselves.
        await Eventually.Async(() => !before.Workers.Any(static worker => ProcFs.IsAlive(worker.ProcessId)));
        long sofar = load.RequestsSoFar;
        await Eventually.Async(() => load.RequestsSoFar > sofar + 100);
        load.Cancel();
        LoadResult result = await load.Completion;
        Assert.True(result.Failed == 0, $"{result}\n{string.Join('\n', result.Failures.Take(10))}");
        ServeStatus after = await server.Serve.StatusAsync(static status => status.Workers.Count == 2);
        Assert.Equal(before.ProcessId, after.ProcessId);
        // Nothing else is left of those before; there may be a standby by now.
        await server.Serve.StatusAsync(static status => !ProcFs.Children(status.ProcessId).Except(status.Workers.Select(static worker => worker.ProcessId)).Except(status.Standbys).Any());
        server.Serve.Signal(SIGHUP);
        await server.Serve.LineAsync("reload done");
        await server.Serve.AskAsync("stop");
        Assert.Equal(0, await server.Serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_of_a_supervisor_that_was_killed_finish_what_they_have_and_end()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--drain-timeout", "10m");
        ServeStatus status = await serve.StatusAsync();
        HeldRequest held = await serve.HoldAsync();
        serve.Signal(Libc.SIGKILL);
        await Eventually.Async(() => !status.Workers.Any(worker => worker.ProcessId != held.ProcessId && ProcFs.IsAlive(worker.ProcessId)));
        await held.FinishAsync();
        await Eventually.Async(() => !status.Workers.Any(static worker => ProcFs.IsAlive(worker.ProcessId)));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_go_on_without_their_supervisor_where_that_was_asked_for()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--orphans", "serve");
        ServeStatus status = await serve.StatusAsync();
        serve.Signal(Libc.SIGKILL);
        await serve.ExitAsync();
        for (int i = 0; i < 20; i++)
            Assert.Equal("Hello, World!", await serve.GetAsync("/"));

        foreach (int worker in status.Workers.Select(static worker => worker.ProcessId))
            Assert.Equal(0, Libc.Kill(worker, Libc.SIGTERM)); // which they understand as they always do

        await Eventually.Async(() => !status.Workers.Any(static worker => ProcFs.IsAlive(worker.ProcessId)));
    }
}
