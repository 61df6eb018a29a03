using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tandem.Top.Tests.Infrastructure;

namespace Tandem.Top.Tests;

/// <summary>What <c>tandem top</c> prints about a program that runs.</summary>
public sealed class TopTests(TrafficFixture host) : IClassFixture<TrafficFixture>
{
    [Fact(Timeout = Limits.Test)]
    public async Task Json_tells_of_pools_and_their_workers()
    {
        JsonElement top = await TopAsync(static top => IsAtWork(Pool(top, "thumbnails"), "resize photo-") && IsAtWork(Pool(top, "parser"), "parse log-"));

        JsonElement program = Assert.Single(top.GetProperty("programs").EnumerateArray());
        Assert.Equal(host.Id, program.GetProperty("processId").GetInt32());
        Assert.Equal("Tandem.TestHost", program.GetProperty("name").GetString());
        JsonElement processes = Pool(top, "thumbnails");
        Assert.Equal("process", processes.GetProperty("isolation").GetString());
        Assert.Equal(3, processes.GetProperty("workersWanted").GetInt32());
        foreach (JsonElement worker in processes.GetProperty("workers").EnumerateArray())
        {
            Assert.True(worker.GetProperty("itemsDone").GetInt64() >= 0);
            Assert.True(worker.GetProperty("usage").GetProperty("privateMemory").GetInt64() > 0);
        }

        JsonElement threads = Pool(top, "parser");
        Assert.Equal("thread", threads.GetProperty("isolation").GetString());
        Assert.Equal(2, threads.GetProperty("workers").GetArrayLength());
        Assert.All(threads.GetProperty("workers").EnumerateArray(), static worker => Assert.True(worker.GetProperty("threadId").GetInt32() > 0));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_crash_is_counted_and_its_reason_told()
    {
        JsonElement top = await TopAsync(static _ => true);

        JsonElement pool = Pool(top, "thumbnails");
        Assert.Equal(1, pool.GetProperty("totals").GetProperty("crashes").GetInt64());
        JsonElement change = Assert.Single(pool.GetProperty("lastChanges").EnumerateArray(), static change => change.GetProperty("kind").GetString() == "crashed");
        Assert.Contains("SIGKILL", change.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_are_no_programs_of_their_own_and_lead_to_theirs()
    {
        // Of all programs on a busy machine, one may not answer in time.
        JsonElement all;
        do
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            all = await Tool.JsonAsync("top", "--json", "--interval", "200ms");
        }
        while (!all.GetProperty("programs").EnumerateArray().Any(IsHost));
        JsonElement program = Assert.Single(all.GetProperty("programs").EnumerateArray(), IsHost);
        int[] workers = [.. program.GetProperty("pools").EnumerateArray().SelectMany(static pool => pool.GetProperty("workers").EnumerateArray()).Select(static worker => worker.GetProperty("id").GetInt32())];
        Assert.DoesNotContain(all.GetProperty("programs").EnumerateArray(), program => workers.Contains(program.GetProperty("processId").GetInt32()));

        JsonElement byWorker = await Tool.JsonAsync("top", workers.Max().ToString(CultureInfo.InvariantCulture), "--json", "--interval", "200ms");
        Assert.True(IsHost(Assert.Single(byWorker.GetProperty("programs").EnumerateArray())));

        bool IsHost(JsonElement program) => program.GetProperty("processId").GetInt32() == host.Id;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Without_a_terminal_it_prints_one_plain_sample()
    {
        CommandRun run = await Tool.RunAsync("top", host.IdText, "--interval", "200ms", "--sort", "cpu");

        run.AssertSucceeded();
        Assert.DoesNotContain('\e', run.Output);
        Assert.Contains(" thumbnails: 3 processes", run.Output, StringComparison.Ordinal);
        Assert.Contains(" parser: 2 threads", run.Output, StringComparison.Ordinal);
        Assert.Contains("restarts 1 (1 crashed)", run.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_filter_leaves_what_has_the_text()
    {
        CommandRun run = await Tool.RunAsync("top", host.IdText, "--interval", "200ms", "--filter", "parser");

        Assert.Contains(" parser: 2 threads", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("thumbnails", run.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task So_does_it_in_json_and_a_picture_is_drawn_beside()
    {
        string file = Path.Combine(Path.GetTempPath(), $"tandem-top-{Guid.NewGuid():N}.svg");
        try
        {
            JsonElement top = await Tool.JsonAsync("top", host.IdText, "--interval", "200ms", "--filter", "parser", "--sort", "cpu", "--json", "--svg", file);

            Assert.Equal("parser", Assert.Single(Assert.Single(top.GetProperty("programs").EnumerateArray()).GetProperty("pools").EnumerateArray()).GetProperty("name").GetString());
            string picture = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            Assert.Contains("parser: 2 threads", picture, StringComparison.Ordinal);
            Assert.DoesNotContain("thumbnails", picture, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_sample_that_is_interrupted_ends_as_all_commands_do()
    {
        using var tool = StartedTool.Start("top", host.IdText, "--once", "--interval", "1m");
        // One socket is its own runtime's; with another it listens to the program.
        await Eventually.Async(() => Sockets(tool.Id) > 1 || tool.HasEnded);

        await tool.InterruptAsync();

        CommandRun run = await tool.EndAsync();
        Assert.Equal(130, run.ExitCode);
        Assert.Equal("tandem top: cancelled.\n", run.Errors);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task It_draws_a_picture()
    {
        string file = Path.Combine(Path.GetTempPath(), $"tandem-top-{Guid.NewGuid():N}.svg");
        try
        {
            CommandRun run = await Tool.RunAsync("top", host.IdText, "--interval", "200ms", "--svg", file);

            run.AssertSucceeded();
            var picture = System.Xml.Linq.XDocument.Load(file);
            Assert.Equal("svg", picture.Root!.Name.LocalName);
            Assert.Contains("thumbnails: 3 processes", picture.Root.Value, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_cannot_be_watched_is_told_with_its_reason()
    {
        Assert.Contains("there is no process 99999999", await Tool.FailAsync(1, "top", "99999999"), StringComparison.Ordinal);
        Assert.Contains("--interval must be a time", await Tool.FailAsync(2, "top", "--interval", "soon"), StringComparison.Ordinal);
        using Process other = Process.Start("sleep", "600");
        try
        {
            string message = await Tool.FailAsync(1, "top", other.Id.ToString(CultureInfo.InvariantCulture));
            Assert.Contains("is not a .NET process that can be watched", message, StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task That_others_programs_are_not_looked_at_is_told()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can become somebody who has fewer rights.");
        CommandRun run = await Shell.RunAsync(
            AppContext.BaseDirectory, new Dictionary<string, string> { ["HOME"] = Path.GetTempPath() },
            "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", Tool.Path, "top", "--once", "--interval", "100ms");

        Assert.SkipWhen(run.ExitCode is 126 or 127, $"Others cannot run the tool here: {run.Errors}");
        run.AssertSucceeded();
        Assert.Matches("Not shown: [0-9]+ .NET process(es)? that you may not inspect", run.Output);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_program_without_pools_is_told_apart()
    {
        using Process other = Process.Start(new ProcessStartInfo(Tool.Host, "sleep") { RedirectStandardOutput = true })!;
        try
        {
            await other.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            string message = await Tool.FailAsync(1, "top", other.Id.ToString(CultureInfo.InvariantCulture), "--interval", "200ms");
            Assert.Contains("has no Tandem pool", message, StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
        }
    }

    private static int Sockets(int process)
    {
        try
        {
            return new DirectoryInfo($"/proc/{process}/fd").EnumerateFileSystemInfos().Count(static one => one.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>On a busy machine, a sample may be too short for anything to have happened in it.</summary>
    private async Task<JsonElement> TopAsync(Func<JsonElement, bool> isEnough)
    {
        while (true)
        {
            JsonElement top = await Tool.JsonAsync("top", host.IdText, "--json", "--interval", "300ms");
            if (isEnough(top))
                return top;

            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Whether all of its workers are there, and items were done and are being run.</summary>
    private static bool IsAtWork(JsonElement pool, string item) =>
        pool.TryGetProperty("itemsPerSecond", out JsonElement rate) && rate.GetDouble() > 0 && pool.TryGetProperty("latency", out _)
        && pool.GetProperty("workers").EnumerateArray().All(static worker => worker.GetProperty("state").GetString() is "idle" or "busy")
        && pool.GetProperty("workers").EnumerateArray().Any(worker => worker.TryGetProperty("currentItem", out JsonElement current) && current.GetString()!.StartsWith(item, StringComparison.Ordinal));

    private static JsonElement Pool(JsonElement top, string name) =>
        top.GetProperty("programs").EnumerateArray().SelectMany(static program => program.GetProperty("pools").EnumerateArray()).Single(pool => pool.GetProperty("name").GetString() == name);
}
