using Tandem.Interop;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>The folder in which the server was started may be deleted while it serves.</summary>
public sealed class StartFolderTests
{
    private const int SIGHUP = 1;
    private const int SIGUSR2 = 12;

    [Fact(Timeout = Limits.Test)]
    public async Task When_it_is_deleted_workers_go_on_and_everything_that_needs_it_says_so_until_it_is_there_again()
    {
        using var folder = new TemporaryFolder();
        string release = folder["release"];
        Directory.CreateDirectory(release);
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "2", "--standbys", "0", "--urls", "http://127.0.0.1:0", "--restart-period", "1s", Paths.App],
            new Dictionary<string, string?> { ["PWD"] = null },
            release);
        await serve.ServingAsync();
        Directory.Delete(release);

        var refused = await Assert.ThrowsAsync<ServeException>(() => serve.AskAsync("reload"));
        Assert.Contains($"The folder '{release}', in which `tandem serve` was started, is gone.", refused.Message, StringComparison.Ordinal);
        serve.Signal(SIGHUP);
        await serve.LineAsync($"The folder '{release}'");
        serve.Signal(SIGUSR2);
        await serve.LineAsync($"The folder '{release}'", times: 2);
        int victim = (await serve.StatusAsync()).Workers[0].ProcessId;
        Assert.Equal(0, Libc.Kill(victim, Libc.SIGKILL));
        await serve.LineAsync("it could not be started: The folder");
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
        Assert.DoesNotContain("hook", serve.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Unable to find", serve.Output, StringComparison.Ordinal);

        Directory.CreateDirectory(release);
        await serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "accepting") == 2);
        Assert.Null((await serve.AskAsync("reload")).Error);
        serve.Signal(SIGUSR2);
        await serve.LineAsync("serving on", times: 2);
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task When_it_is_a_link_to_a_release_that_is_pruned_the_next_worker_is_of_the_release_that_it_names_now()
    {
        using var folder = new TemporaryFolder();
        string app = Path.GetFileName(folder.AddApp("v1", "one"));
        folder.AddApp("v2", "two");
        Directory.CreateSymbolicLink(folder["current"], folder["v1"]);
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "1", "--urls", "http://127.0.0.1:0", $"./{app}"], new Dictionary<string, string?> { ["PWD"] = folder["current"] }, folder["current"]);
        await serve.ServingAsync();
        Assert.Equal("one", await serve.GetAsync("/version"));

        Directory.Delete(folder["current"]);
        Directory.CreateSymbolicLink(folder["current"], folder["v2"]);
        Directory.Delete(folder["v1"], recursive: true);
        int victim = (await serve.StatusAsync()).Workers[0].ProcessId;
        Assert.Equal(0, Libc.Kill(victim, Libc.SIGKILL));
        await serve.StatusAsync(static status => status.Workers is [{ State: "accepting", Restarts: > 0 }]);
        Assert.Equal("two", await serve.GetAsync("/version"));
        await serve.LineAsync("was deleted; the next worker runs");
        serve.Signal(SIGUSR2);
        await serve.LineAsync("serving on", times: 2);
        Assert.Null((await serve.AskAsync("reload")).Error);
        Assert.Equal("two", await serve.GetAsync("/version"));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_start_in_a_folder_that_is_deleted_already_says_so()
    {
        using var folder = new TemporaryFolder();
        string gone = folder["gone"];
        Directory.CreateDirectory(gone);
        await using ServeProcess serve = ServeProcess.Launch([Paths.App], folder: gone, output: new DeletedFolder(gone));
        Assert.Equal((int)ServeExitCode.BadApplication, await serve.ExitAsync());
        await serve.LineAsync("The current folder has been deleted");
    }

    private sealed class DeletedFolder(string folder) : IServeOutput
    {
        public string Script => $"rmdir '{folder}'; exec \"$0\" \"$@\"";

        public void Begin(Action<string?> onLine)
        {
        }
    }
}
