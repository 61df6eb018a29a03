using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Tandem.Interop;
using Tandem.LoadClient;
using Tandem.Serve.Control;
using Tandem.Serve.Protocol;
using Tandem.Serve.Tests.Infrastructure;
using Tandem.Tool.Serve;

namespace Tandem.Serve.Tests;

/// <summary>What a worker does wrong stays with that worker, and is explained.</summary>
public sealed class FailureTests
{
    [Theory(Timeout = Limits.Test)]
    [InlineData("failfast", "On purpose.")]
    [InlineData("throw", "InvalidOperationException: On purpose.")]
    [InlineData("stackoverflow", "Stack overflow.")]
    [InlineData("segv", "SIGSEGV")]
    [InlineData("exit", "exited with code 3")]
    public async Task A_worker_that_crashes_is_replaced_and_its_end_is_told(string how, string told)
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2");
        using Socket crash = await serve.SendAsync($"/crash?how={how}");
        await serve.StatusAsync(static status =>
            status.Workers.Count(static worker => worker.State == "accepting") == 2 && status.Workers.Sum(static worker => worker.Restarts) == 1);
        await serve.LineAsync(told);
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Kills_under_load_refuse_nobody_and_cut_no_answer_unseen()
    {
        await using LoadedServer server = await LoadedServer.StartAsync("--workers", "2");
        var load = LoadRun.Start(server.Options(LoadMode.ConnectionPerRequest, isEncrypted: false) with { Clients = 8, Interval = TimeSpan.FromMilliseconds(5), Requests = [LoadRequest.Plaintext, LoadRequest.Big(16)] });
        for (int i = 0; i < 3; i++)
        {
            ServeStatus status = await server.Serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "accepting") == 2);
            int victim = status.Workers[i % 2].ProcessId;
            string file = Paths.DiagnosticSocketOf(victim);
            Assert.True(File.Exists(file));
            Assert.Equal(0, Libc.Kill(victim, Libc.SIGKILL));
            await server.Serve.StatusAsync(status => status.Workers.All(worker => worker.ProcessId != victim));
            await Eventually.Async(() => !File.Exists(file));
        }

        await Eventually.Async(() => load.RequestsSoFar > 0);
        load.Cancel();
        LoadResult result = await load.Completion;
        Assert.True(result.Count(FailureKind.Refused) + result.Count(FailureKind.Wrong) == 0, $"{result}\n{string.Join('\n', result.Failures.Take(10))}");
        Assert.True(result.Requests > 0);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_spare_takes_the_place_of_a_worker_that_was_killed()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--spares", "1");
        ServeStatus before = await serve.StatusAsync(static status => status.Workers.Any(static worker => worker is { State: "ready", Number: 0 }));
        int spare = before.Workers.Single(static worker => worker.Number == 0).ProcessId;
        Assert.Equal(0, Libc.Kill(before.Workers.Single(static worker => worker.Number == 1).ProcessId, Libc.SIGKILL));
        ServeStatus after = await serve.StatusAsync(static status => status.Workers.Any(static worker => worker is { State: "ready", Number: 0 }) && status.Workers.Count(static worker => worker.Number == 1) == 1 && status.Workers.Any(static worker => worker.Restarts == 1));
        Assert.Equal(spare, after.Workers.Single(static worker => worker.Number == 1).ProcessId);
        Assert.Equal($"{spare}", await serve.GetAsync("/pid"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_whose_thread_pool_serves_nothing_any_more_is_replaced_and_its_stack_shown()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--hang-timeout", "5s", "--threads", "2:4");
        using Socket hang = await serve.SendAsync("/hang");
        string line = await serve.LineAsync("hangs: its thread pool has served nothing");
        await serve.LineAsync("The supervisor killed it because its thread pool");
        await serve.StatusAsync(static status => status.Workers.Any(static worker => worker is { State: "accepting", Restarts: >= 1 }));
        Assert.Contains("Its stack:", line, StringComparison.Ordinal);
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_whose_thread_pool_is_starved_by_requests_that_block_is_replaced_and_its_stack_shown()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--hang-timeout", "5s");
        List<Socket> blocked = [];
        try
        {
            // The pool makes a thread for each of them, one after the other, and each of those could serve something else first.
            for (int i = 0; i < 100; i++)
                blocked.Add(await serve.SendAsync("/sleep?ms=600000"));

            string line = await serve.LineAsync("hangs: its thread pool");
            await serve.LineAsync("The supervisor killed it because its thread pool");
            Assert.Contains("Its stack:", line, StringComparison.Ordinal);
        }
        finally
        {
            foreach (Socket socket in blocked)
                socket.Dispose();
        }

        await serve.StatusAsync(static status => status.Workers.Any(static worker => worker is { State: "accepting", Restarts: >= 1 }));
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_that_is_stopped_is_replaced()
    {
        const int SIGSTOP = 19;
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--hang-timeout", "2s");
        int victim = (await serve.StatusAsync()).Workers[0].ProcessId;
        Assert.Equal(0, Libc.Kill(victim, SIGSTOP));
        await serve.LineAsync("hangs: its process has not run");
        await serve.StatusAsync(status => status.Workers.Count(worker => worker.State == "accepting" && worker.ProcessId != victim) == 2);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_is_replaced_after_its_requests_without_losing_one()
    {
        await using LoadedServer server = await LoadedServer.StartAsync("--workers", "2", "--max-requests", "2000");
        var load = LoadRun.Start(server.Options(LoadMode.KeepAlive, isEncrypted: false) with { Clients = 4 });
        await server.Serve.LineAsync("requests (--max-requests)", times: 3);
        load.Cancel();
        LoadResult result = await load.Completion;
        Assert.True(result.Failed == 0, $"{result}\n{string.Join('\n', result.Failures.Take(10))}");
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(1, LoadMode.KeepAlive)]
    [InlineData(2, LoadMode.KeepAlive)]
    [InlineData(2, LoadMode.ConnectionPerRequest)]
    public async Task A_worker_serves_as_many_requests_as_it_may_and_those_that_are_in_flight_then(int workers, LoadMode mode)
    {
        const int Most = 500, Clients = 4;
        await using LoadedServer server = await LoadedServer.StartAsync("--workers", $"{workers}", "--max-requests", $"{Most}", "--jitter", "0");
        var load = LoadRun.Start(server.Options(mode, isEncrypted: false) with { Clients = Clients });
        await server.Serve.LineAsync("exited after", times: 3);
        load.Cancel();
        LoadResult result = await load.Completion;
        Assert.True(result.Failed == 0, $"{result}\n{string.Join('\n', result.Failures.Take(10))}");
        foreach (Match end in Regex.Matches(server.Serve.Output, @"worker \d+ \(pid \d+\) exited after (\d+) requests"))
        {
            // Beside the first request, which tries it: what each client has under way, and one more, whose answer tells it to go elsewhere.
            Assert.InRange(int.Parse(end.Groups[1].Value, CultureInfo.InvariantCulture), Most, Most + 1 + 2 * Clients + 2);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_goes_on_beyond_its_requests_while_no_successor_becomes_ready()
    {
        const int Most = 40;
        using var folder = new TemporaryFolder();
        await using ServeProcess serve = ServeProcess.Launch(
            ["--urls", "http://127.0.0.1:0", "--workers", "1", "--standbys", "0", "--max-requests", $"{Most}", "--jitter", "0", "--health", "/health", "--start-timeout", "20s", Paths.App, "--", "--sick-file", folder["sick"]]);
        await serve.ServingAsync();
        await File.WriteAllTextAsync(folder["sick"], "");
        string first = await serve.GetAsync("/pid");
        int asked = 1;
        for (; asked < Most / 2 + 1; asked++)
            await serve.GetAsync("/");

        // A successor begins to start when it is due in less than ten seconds by its rate: then, or later where the machine is slow.
        while ((await serve.StatusAsync()).Workers.All(static worker => worker.Number != 0))
        {
            await Task.Delay(ServeProtocol.Beat); // what these clients do: so often the supervisor looks
            await serve.GetAsync("/");
            asked++;
        }

        await serve.LineAsync("continues beyond its request limit");
        for (int i = asked; i <= Most + 5; i++)
            Assert.Equal(first, await serve.GetAsync("/pid"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_that_leaks_is_replaced_at_its_limit()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--max-memory", "150M");
        await serve.GetAsync("/leak?mib=200");
        await serve.LineAsync("MiB (--max-memory)");
        ServeStatus status = await serve.StatusAsync(static status => status.Workers is [{ Restarts: 1, State: "accepting" }]);
        Assert.True(status.Workers[0].PrivateMemory < 150 << 20);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_that_crash_young_again_and_again_are_started_again_ever_more_slowly()
    {
        // A period in which the second crash comes, however busy the machine is.
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--restart-limit", "2", "--min-uptime", "1h", "--restart-period", "1h");
        using (await serve.SendAsync("/crash?how=failfast"))
            Assert.Contains("is started again in 0.1 s", await serve.LineAsync("is started again in"), StringComparison.Ordinal);
        await serve.StatusAsync(static status => status.Workers is [{ State: "accepting", Restarts: 1 }]);

        using (await serve.SendAsync("/crash?how=failfast"))
            Assert.Contains("is started again in 3600 s (crash loop: 2 crashes", await serve.LineAsync("is started again in", times: 2), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_that_waits_for_its_next_start_is_shown_with_its_crash_loop_by_status_and_metrics()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(
            "--workers", "2", "--restart-limit", "1", "--min-uptime", "1h", "--restart-period", "1h", "--metrics-port", "0");
        using (await serve.SendAsync("/crash?how=failfast"))
            await serve.LineAsync("is started again in 3600 s");
        ServeStatus status = await serve.StatusAsync(static status => status.Slots.Any(static slot => slot.NextAttempt is not null) && status.Slots.Any(static slot => slot.State == "accepting"));
        SlotStatus slot = status.Slots.Single(static slot => slot.ProcessId is null);
        SlotStatus other = status.Slots.Single(static slot => slot.ProcessId is not null);
        Assert.Equal(("crash loop", true, 1), (slot.State, slot.IsCrashLoop, slot.Restarts));
        Assert.InRange(slot.NextAttemptSeconds!.Value, 1, 3600);
        Assert.Contains("On purpose.", slot.LastRestarts.Single().Reason, StringComparison.Ordinal);
        Assert.Equal(("accepting", false, 0), (other.State, other.IsCrashLoop, other.Restarts));
        string shown = StatusView.Describe(slot);
        Assert.Contains("crash loop: 1 crashes or failed starts", shown, StringComparison.Ordinal);
        Assert.Contains("1 restarts; next attempt in", shown, StringComparison.Ordinal);

        string line = await serve.LineAsync("metrics on ");
        using var client = new HttpClient();
        string metrics = await client.GetStringAsync(line[line.IndexOf("http", StringComparison.Ordinal)..]);
        Assert.Contains($"tandem_serve_worker_crash_loop{{worker=\"{slot.Number}\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"tandem_serve_worker_crash_loop{{worker=\"{other.Number}\"}} 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"tandem_serve_restarts_total{{worker=\"{slot.Number}\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"tandem_serve_worker_next_attempt_seconds{{worker=\"{slot.Number}\"}} 3", metrics, StringComparison.Ordinal);
        Assert.Contains($"tandem_serve_worker_last_restart_timestamp_seconds{{worker=\"{slot.Number}\",reason=\"", metrics, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_that_somebody_kills_while_they_start_are_started_again_at_once()
    {
        using var folder = new TemporaryFolder();
        await using ServeProcess serve = await ServeProcess.StartAsync(
            "--workers", "1", "--standbys", "0", "--health", "/health", "--start-timeout", "10m", "--restart-limit", "1", "--restart-period", "1h", "--min-uptime", "1h",
            Paths.App, "--", "--sick-file", folder["sick"]);
        File.WriteAllText(folder["sick"], "");
        var killed = new HashSet<int>();
        for (int i = 0; i < 4; i++)
        {
            ServeStatus status = await serve.StatusAsync(status => status.Workers is [{ ProcessId: > 0 and var id }] && !killed.Contains(id));
            killed.Add(status.Workers[0].ProcessId);
            Assert.Equal(0, Libc.Kill(status.Workers[0].ProcessId, Libc.SIGKILL));
        }

        File.Delete(folder["sick"]);
        ServeStatus after = await serve.StatusAsync(static status => status.Workers is [{ State: "accepting" }]);
        Assert.DoesNotContain(after.Workers[0].ProcessId, killed);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_service_that_is_to_run_once_runs_in_one_worker_and_moves_when_that_one_dies()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "3", "--once", "Ticker");
        int first = await RunsAtAsync(serve, -1);
        Assert.Equal(0, Libc.Kill(first, Libc.SIGKILL));
        int second = await RunsAtAsync(serve, first);
        Assert.NotEqual(first, second);
        await serve.AskAsync("reload");
        Assert.NotEqual(second, await RunsAtAsync(serve, second));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_service_that_is_to_run_once_and_fails_ends_its_worker_and_runs_in_another_one()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["fails"], "");
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "3", "--once", "Ticker", Paths.App, "--", "--ticker-fails-once", folder["fails"]);
        string line = await serve.LineAsync("The hosted service 'Ticker' failed, so this worker stops");
        // The supervisor notices either that the worker drains or that it has exited: whichever comes first. Only the outcome counts.
        int failed = int.Parse(Regex.Match(line, @"worker \d+ \((\d+)\)").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.NotEqual(failed, await RunsAtAsync(serve, failed));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_thread_pool_has_the_bounds_that_were_asked_for()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--threads", "3:30");
        Assert.Equal("3:30", await serve.GetAsync("/threads"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_know_that_they_share_the_processors()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", $"{Environment.ProcessorCount}");
        int worker = (await serve.StatusAsync()).Workers[0].ProcessId;
        string[] given = (await File.ReadAllTextAsync($"/proc/{worker}/environ")).Split('\0');
        foreach (string setting in (string[])["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0", "DOTNET_gcServer=0", "MALLOC_ARENA_MAX=2"])
        {
            Assert.Contains(setting, given);
            Assert.Equal("", await serve.GetAsync($"/environment?name={setting[..setting.IndexOf('=', StringComparison.Ordinal)]}")); // which what the application starts would inherit
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_that_share_many_processors_are_not_given_as_many_threads_each()
    {
        var processors = new Dictionary<string, string?> { ["DOTNET_PROCESSOR_COUNT"] = "4" };
        await using ServeProcess sharing = ServeProcess.Launch(["--urls", "http://127.0.0.1:0", "--workers", "4", Paths.App], processors);
        await sharing.ServingAsync();
        Assert.StartsWith("2:", await sharing.GetAsync("/threads"), StringComparison.Ordinal);
        await using ServeProcess alone = ServeProcess.Launch(["--urls", "http://127.0.0.1:0", "--workers", "3", Paths.App], processors);
        await alone.ServingAsync();
        Assert.StartsWith("4:", await alone.GetAsync("/threads"), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Where_workers_share_the_processors_what_happens_to_sockets_interrupts_nobody()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", $"{Environment.ProcessorCount}");
        using HttpClient kept = serve.CreateClient(keepsAlive: true);
        string worker = await kept.GetStringAsync("/pid");
        string[] batch = ["3"]; // SCHED_BATCH
        await Eventually.Async(() => PoliciesOf(worker, ".NET Sockets").SequenceEqual(batch), otherwise: () => string.Join(", ", PoliciesOf(worker, ".NET Sockets")));
        Assert.Equal(["0"], PoliciesOf(worker, "Tandem accept")); // what .NET or Tandem starts later has the usual one
    }

    /// <summary>By which the kernel gives threads of this name processors: proc(5), stat, field 41.</summary>
    private static IEnumerable<string> PoliciesOf(string process, string name) =>
        from folder in Directory.EnumerateDirectories($"/proc/{process}/task")
        where ProcStat.Of(folder)?.Name == name
        let stat = File.ReadAllText(folder + "/stat")
        select stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[41 - 3];

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_alone_has_the_runtime_s_own_bound_of_the_thread_pool()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, "The runtime's own bound is 1 here.");
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        Assert.StartsWith($"{Environment.ProcessorCount}:", await serve.GetAsync("/threads"), StringComparison.Ordinal);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("DOTNET_ThreadPool_ForceMinWorkerThreads")]
    [InlineData("COMPlus_ThreadPool_ForceMinWorkerThreads")]
    [InlineData(null)]
    public async Task A_bound_of_the_thread_pool_in_the_environment_or_in_the_application_s_configuration_stays(string? variable)
    {
        using var folder = new TemporaryFolder();
        string app = folder.AddApp("app", "1");
        string config = Path.ChangeExtension(app, ".runtimeconfig.json");
        if (variable is null)
            File.WriteAllText(config, File.ReadAllText(config).Replace("\"configProperties\": {", "\"configProperties\": { \"System.Threading.ThreadPool.MinThreads\": 3,", StringComparison.Ordinal));

        await using ServeProcess serve = ServeProcess.Launch(
            ["--urls", "http://127.0.0.1:0", "--workers", $"{Environment.ProcessorCount}", app],
            variable is null ? null : new Dictionary<string, string?> { [variable] = "3" });
        await serve.ServingAsync();
        Assert.StartsWith("3:", await serve.GetAsync("/threads"), StringComparison.Ordinal);
    }

    /// <summary>They would wait in vain, and be lost if it died: others, or the successor of the one that is killed, can serve them.</summary>
    [Theory(Timeout = Limits.Test)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_worker_whose_thread_pool_is_blocked_leaves_connections_to_others_also_to_those_that_come(bool isOtherKilled)
    {
        const int Requests = 100;
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--hang-timeout", "0");
        using HttpClient kept = serve.CreateClient(keepsAlive: true);
        int blocked = int.Parse(await kept.GetStringAsync("/pid"), CultureInfo.InvariantCulture);
        ServeStatus status = await serve.StatusAsync();
        Task block = kept.GetStringAsync("/block?ms=3600000&threads=2000"); // more than the pool makes in any time
        await serve.LineAsync("2000 threads of the pool are blocked");
        if (isOtherKilled)
        {
            int other = status.Workers.Single(worker => worker.ProcessId != blocked).ProcessId;
            Assert.Equal(0, Libc.Kill(other, Libc.SIGKILL));
            await serve.StatusAsync(now => now.Workers.All(worker => worker.ProcessId != other));
        }

        // It takes one a second nevertheless, so that none waits for ever where all are blocked.
        long start = Stopwatch.GetTimestamp();
        Task<string>[] answers = [.. Enumerable.Range(0, Requests).Select(_ => serve.GetAsync("/pid"))];
        List<string> first = [];
        await foreach (Task<string> answer in Task.WhenEach(answers).WithCancellation(TestContext.Current.CancellationToken))
        {
            first.Add(await answer);
            if (Requests - first.Count <= Requests / 10 + Stopwatch.GetElapsedTime(start).TotalSeconds)
                break;
        }

        Assert.DoesNotContain($"{blocked}", first);
        kept.CancelPendingRequests(); // else it would be sent again
        Assert.Equal(0, Libc.Kill(blocked, Libc.SIGKILL));
        await Task.WhenAll([block, .. answers]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_is_ready_also_when_its_first_answer_never_ends()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1", "--warm-up", "/sse?ms=10");
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_application_finds_its_number_and_nothing_else_of_Tandem_in_its_environment()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        Assert.Equal("1", await serve.GetAsync("/environment?name=TANDEM_WORKER_NUMBER"));
        foreach (string name in (string[])["DOTNET_STARTUP_HOOKS", "TANDEM_WORKER", "TANDEM_DEPTH", "TANDEM_SERVE_WORKER", "TANDEM_PARENT", "TANDEM_CONCURRENCY"])
            Assert.Equal("", await serve.GetAsync($"/environment?name={name}"));
    }

    /// <summary>In which worker alone the service runs.</summary>
    private static async Task<int> RunsAtAsync(ServeProcess serve, int not)
    {
        int found = 0;
        while (found == 0)
        {
            Assert.False(TestContext.Current.CancellationToken.IsCancellationRequested, $"No other worker than {not} runs it:\n{serve.Output}");
            ServeStatus status = await serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "accepting") == 3);
            var running = new Dictionary<int, bool>();
            for (int i = 0; i < 200 && running.Count < 3; i++)
            {
                // Both of one connection, which is one worker's.
                using HttpClient client = serve.CreateClient(keepsAlive: true);
                running[int.Parse(await client.GetStringAsync("/pid"), System.Globalization.CultureInfo.InvariantCulture)] = await client.GetStringAsync("/ticker") == "true";
            }

            Assert.True(running.Values.Count(static runs => runs) <= 1);
            found = running.FirstOrDefault(worker => worker.Value && worker.Key != not).Key;
        }

        return found;
    }
}
