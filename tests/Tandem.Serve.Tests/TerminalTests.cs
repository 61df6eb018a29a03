using Tandem.Interop;
using Tandem.LoadClient;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>What HUP means: a terminal that is closed, or a person who wants a reload; and nothing at all to a worker.</summary>
public sealed class TerminalTests
{
    private const int SIGHUP = 1;
    private const int SIGUSR2 = 12;

    [Fact(Timeout = Limits.Test)]
    public async Task Signals_for_the_supervisor_that_reach_workers_do_nothing()
    {
        await using LoadedServer server = await LoadedServer.StartAsync("--workers", "2");
        ServeStatus before = await server.Serve.StatusAsync(static status => status.Standbys.Count == 1 && status.Workers.All(static worker => worker.State == "accepting"));
        var load = LoadRun.Start(server.Options(LoadMode.KeepAlive, isEncrypted: false) with { Clients = 8, Interval = TimeSpan.FromMilliseconds(5) });
        foreach (int signal in (int[])[SIGHUP, Libc.SIGUSR1, SIGUSR2, Libc.SIGTTIN, Libc.SIGTTOU])
        {
            foreach (int process in (int[])[.. before.Workers.Select(static worker => worker.ProcessId), .. before.Standbys])
                Assert.Equal(0, Libc.Kill(process, signal));
        }

        long sofar = load.RequestsSoFar;
        await Eventually.Async(() => load.RequestsSoFar > sofar + 100);
        load.Cancel();
        LoadResult result = await load.Completion;
        Assert.True(result.Failed == 0, $"{result}\n{string.Join('\n', result.Failures.Take(10))}");
        ServeStatus after = await server.Serve.StatusAsync();
        Assert.Equal(before.Workers.Select(static worker => (worker.ProcessId, worker.State)), after.Workers.Select(static worker => (worker.ProcessId, worker.State)));
        Assert.Equal(before.Standbys, after.Standbys);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task On_a_terminal_HUP_reloads_and_output_that_is_stopped_holds_up_nothing()
    {
        using var terminal = new Terminal();
        await using ServeProcess serve = Launch(terminal);
        await serve.ServingAsync();
        serve.Signal(SIGHUP);
        await serve.LineAsync("reload done");

        terminal.Control('S');
        Assert.Equal("written", await serve.GetAsync("/write?lines=2000&length=150"));
        int victim = (await serve.StatusAsync(static status => status.Workers is [_])).Workers[0].ProcessId;
        Assert.Equal(0, Libc.Kill(victim, Libc.SIGKILL));
        await serve.StatusAsync(status => status.Workers is [{ State: "accepting" } worker] && worker.ProcessId != victim);
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_terminal_that_is_closed_ends_the_server_and_requests_finish()
    {
        using var terminal = new Terminal();
        await using ServeProcess serve = Launch(terminal, options: ["--workers", "1", "--drain-timeout", "10m"]);
        await serve.ServingAsync();
        HeldRequest held = await serve.HoldAsync();
        terminal.HangUp();
        ServeStatus status = await serve.StatusAsync(static status => status.Workers is [{ State: "draining" }]);
        await held.FinishAsync();
        Assert.Equal(0, await serve.ExitAsync());
        Assert.DoesNotContain(status.Workers, static worker => ProcFs.IsAlive(worker.ProcessId));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task With_nohup_it_goes_on_without_its_terminal_and_so_does_its_successor()
    {
        using var folder = new TemporaryFolder();
        using var terminal = new Terminal("nohup \"$0\" \"$@\"");
        await using ServeProcess serve = Launch(terminal, folder.Path);
        string output = folder["nohup.out"]; // where nohup has it go
        await Eventually.Async(() => Says(output, "serving on", 1));
        Assert.True(Says(output, "HUP is ignored", 1));
        int worker = (await serve.StatusAsync()).Workers.Single().ProcessId;
        terminal.HangUp();
        serve.Signal(SIGHUP);
        Assert.Equal(worker, (await serve.StatusAsync()).Workers.Single().ProcessId);
        serve.Signal(SIGUSR2);
        await Eventually.Async(() => Says(output, "serving on", 2));
        serve.Signal(SIGHUP);
        Assert.Null((await serve.AskAsync("reload")).Error);
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
        Assert.True(Says(output, "reload done", 1));
        Assert.False(Says(output, "reload done", 2));
    }

    /// <summary>The shell that has the terminal ends with it, and its jobs in the background are not told.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task A_job_in_the_background_outlives_its_terminal_and_is_reloaded_by_HUP_then()
    {
        using var folder = new TemporaryFolder();
        using var terminal = new Terminal("sh -c 'set -m; stty tostop; \"$0\" \"$@\" & wait' \"$0\" \"$@\"");
        await using ServeProcess serve = Launch(terminal, options: ["--workers", "2", "--log-file", folder["log"]]);
        await Eventually.Async(() => Says(folder["log"], "serving on", 1));
        int supervisor = (await serve.StatusAsync()).ProcessId;
        try
        {
            terminal.HangUp();
            await Eventually.Async(() => Says(folder["log"], "the server continues, and HUP reloads", 1));
            Assert.Equal(0, Libc.Kill(supervisor, SIGHUP));
            await Eventually.Async(() => Says(folder["log"], "reload done", 1));
            Assert.Null((await serve.AskAsync("stop")).Error);
        }
        finally
        {
            _ = Libc.Kill(supervisor, Libc.SIGKILL);
        }
    }

    /// <summary>As zsh does by itself, and bash with huponexit: HUP comes while the terminal is there still.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task A_shell_that_tells_its_jobs_before_it_ends_ends_the_server()
    {
        using var terminal = new Terminal("sh -c 'set -m; \"$0\" \"$@\" & read line; kill -HUP $!' \"$0\" \"$@\"");
        await using ServeProcess serve = Launch(terminal);
        await serve.ServingAsync();
        ServeStatus status = await serve.StatusAsync();
        try
        {
            terminal.Control('J'); // Enter
            await Eventually.Async(() => !ProcFs.IsAlive(status.ProcessId) && !ProcFs.IsAlive(status.Workers[0].ProcessId), otherwise: () => serve.Output);
        }
        finally
        {
            _ = Libc.Kill(status.ProcessId, Libc.SIGKILL);
        }
    }

    /// <summary>A terminal that is set so sends TTOU to a job in the background for each line that it writes.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task Lines_of_a_job_in_the_background_do_not_scale()
    {
        using var terminal = new Terminal("sh -c 'stty tostop; set -m; \"$0\" \"$@\" & wait' \"$0\" \"$@\"");
        await using ServeProcess serve = Launch(terminal, options: ["--workers", "2"]);
        await serve.ServingAsync();
        ServeStatus status = await serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "accepting") == 2);
        try
        {
            Assert.Equal(2, status.Target);
            Assert.DoesNotContain("scale to", serve.Output, StringComparison.Ordinal);
            Assert.Null((await serve.AskAsync("stop")).Error);
        }
        finally
        {
            _ = Libc.Kill(status.ProcessId, Libc.SIGKILL);
        }
    }

    private static bool Says(string file, string text, int times) => File.Exists(file) && File.ReadAllText(file).Split(text).Length > times;

    private static ServeProcess Launch(Terminal terminal, string? folder = null, params string[] options) =>
        ServeProcess.Launch([.. options is [] ? ["--workers", "1"] : options, "--urls", "http://127.0.0.1:0", Paths.App], folder: folder, output: terminal);
}
