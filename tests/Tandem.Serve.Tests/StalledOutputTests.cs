using System.Globalization;
using System.Text.RegularExpressions;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>Whatever becomes of its output, the supervisor supervises.</summary>
public sealed partial class StalledOutputTests
{
    private const int Lines = 20_000;

    [Fact(Timeout = Limits.Test)]
    public async Task A_reader_that_takes_nothing_holds_up_neither_replacement_nor_reload_nor_the_end_and_is_told_of_what_it_has_missed()
    {
        using var pipe = new StallingPipe();
        await using ServeProcess serve = Launch(pipe, "--drain-timeout", "1h");
        await serve.ServingAsync();
        pipe.Stall();
        Assert.Equal("written", await serve.GetAsync($"/write?lines={Lines}&length=150"));
        await ReplacesAsync(serve);
        Assert.Null((await serve.AskAsync("reload")).Error);
        pipe.Flow();
        await serve.LineAsync("reload done"); // its own lines have room when those of workers have none
        await serve.LineAsync("lines of output are missing here");
        (int come, int missing) = (0, 0);
        await Eventually.Async(
            () =>
            {
                string output = serve.Output;
                come = Filling().Count(output);
                missing = Missing().Matches(output).Sum(static match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
                return come + missing >= Lines;
            },
            otherwise: () => $"{come} lines have come, and {missing} are reported as missing, of {Lines}.");
        Assert.InRange(come, 1, Lines - 1);

        pipe.Stall();
        Assert.Equal("written", await serve.GetAsync($"/write?lines={Lines}&length=150"));
        Task<string> slow = serve.GetAsync("/slow?ms=3600000");
        await serve.StatusAsync(static status => status.Workers.Any(static worker => worker.Connections > 0));
        serve.Signal(Libc.SIGTERM);
        await serve.StatusAsync(static status => status.Workers.All(static worker => worker.State == "draining"));
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_reader_that_has_gone_holds_up_nothing()
    {
        using var pipe = new StallingPipe();
        await using ServeProcess serve = Launch(pipe);
        await serve.ServingAsync();
        pipe.Break();
        Assert.Equal("written", await serve.GetAsync("/write?lines=2000&length=150"));
        await ReplacesAsync(serve);
        Assert.Null((await serve.AskAsync("reload")).Error);
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_full_disk_holds_up_nothing_and_what_is_missing_is_counted_once_there_is_room()
    {
        using var folder = new TemporaryFolder();
        string log = folder["serve.log"];
        File.CreateSymbolicLink(log, "/dev/full");
        await using ServeProcess serve = ServeProcess.Launch(["--workers", "1", "--urls", $"http://127.0.0.1:{Ports.Free()}", "--log-file", log, Paths.App]);
        ServeStatus status = await EventuallyServesAsync(serve);
        await ReplacesAsync(serve, status);

        File.Delete(log);
        serve.Signal(Libc.SIGUSR1);
        await Eventually.Async(() => File.Exists(log) && Missing().IsMatch(File.ReadAllText(log)));
        Assert.Null((await serve.AskAsync("reload")).Error);
        await Eventually.Async(() => File.ReadAllText(log).Contains("reload done", StringComparison.Ordinal));

        // What cannot be reopened is written on.
        Directory.Move(folder.Path, folder.Path + ".away");
        try
        {
            serve.Signal(Libc.SIGUSR1);
            string moved = Path.Combine(folder.Path + ".away", "serve.log");
            await Eventually.Async(() => File.ReadAllText(moved).Contains("cannot be reopened", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Move(folder.Path + ".away", folder.Path);
        }

        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
    }

    private static ServeProcess Launch(StallingPipe pipe, params string[] options) =>
        ServeProcess.Launch(["--workers", "1", "--urls", "http://127.0.0.1:0", .. options, Paths.App], output: pipe);

    private static async Task<ServeStatus> EventuallyServesAsync(ServeProcess serve)
    {
        await Eventually.Async(() => File.Exists(serve.ControlPath), otherwise: () => serve.Output);
        return await serve.StatusAsync(static status => status.Workers is [{ State: "accepting" }]);
    }

    private static async Task ReplacesAsync(ServeProcess serve, ServeStatus? status = null)
    {
        int victim = (status ?? await serve.StatusAsync()).Workers.Single().ProcessId;
        Assert.Equal(0, Libc.Kill(victim, Libc.SIGKILL));
        await serve.StatusAsync(status => status.Workers is [{ State: "accepting", Restarts: > 0 } worker] && worker.ProcessId != victim);
    }

    [GeneratedRegex("filling [0-9]+ x+")]
    private static partial Regex Filling();

    [GeneratedRegex("([0-9]+) lines of output are missing here")]
    private static partial Regex Missing();
}
