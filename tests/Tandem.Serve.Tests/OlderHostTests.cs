using Tandem.Interop;
using Tandem.LoadClient;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>How Tandem is attached to an application's host: those of the older kind raise no event.</summary>
public sealed class OlderHostTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_WebHost_is_served_as_any_other()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "2", "--once", "Ticker", Paths.App, "--", "--older-host");
        await serve.LineAsync("attached by a hosting startup, to a WebHost", times: 2);
        Assert.Equal("", await serve.GetAsync("/environment?name=ASPNETCORE_HOSTINGSTARTUPASSEMBLIES")); // which what the application starts would inherit

        var load = LoadRun.Start(new LoadOptions { EndPoint = serve.EndPoint, Mode = LoadMode.KeepAlive, Clients = 4, Interval = TimeSpan.FromMilliseconds(5), AnswerTimeout = Limits.Condition, Requests = [LoadRequest.Plaintext] });
        long before = load.RequestsSoFar;
        await serve.AskAsync("reload");
        await Eventually.Async(() => load.RequestsSoFar > before + 100);

        // One that is told to end by a signal drains, too, which its host would not do.
        Task<string> slow = serve.GetAsync("/slow?ms=1500");
        ServeStatus status = await serve.StatusAsync(static status => status.Workers.Count == 2);
        foreach (WorkerStatus worker in status.Workers)
            Assert.Equal(0, Libc.Kill(worker.ProcessId, Libc.SIGTERM));

        Assert.Equal("slow", await slow);
        await serve.StatusAsync(now => now.Workers.Count == 2 && now.Workers.All(worker => status.Workers.All(former => former.ProcessId != worker.ProcessId)));
        before = load.RequestsSoFar;
        await Eventually.Async(() => load.RequestsSoFar > before + 100);
        load.Cancel();
        LoadResult result = await load.Completion;
        Assert.True(result.Failed == 0, $"{result}\n{string.Join('\n', result.Failures.Take(10))}\n{serve.Output}");

        // The hosted service that is to run once does so, though the application's Startup adds it.
        Dictionary<string, string> runs = [];
        await Eventually.Async(() =>
        {
            using HttpClient client = serve.CreateClient(keepsAlive: true);
            runs[client.GetStringAsync("/pid").GetAwaiter().GetResult()] = client.GetStringAsync("/ticker").GetAwaiter().GetResult();
            return runs.Count == 2 && runs.ContainsValue("true");
        });
        Assert.Single(runs.Values, "true");
        serve.Signal(Libc.SIGTERM);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Of_other_hosts_the_event_tells()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1");
        await serve.LineAsync("attached by the HostBuilding event");
        Assert.Equal("", await serve.GetAsync("/environment?name=ASPNETCORE_HOSTINGSTARTUPASSEMBLIES"));
    }

    /// <summary>One worker listens by itself, and the other one finds the address in use: that is not what is wrong.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task Where_nothing_is_attached_to_one_line_says_so()
    {
        await using ServeProcess serve = ServeProcess.Launch(
            ["--workers", "2", "--attach-timeout", "15s", Paths.App, "--", "--no-host", "--listen", $"{Ports.Free()}"]);
        Assert.Equal((int)ServeExitCode.BadApplication, await serve.ExitAsync());
        string line = await serve.LineAsync("tandem serve:");
        Assert.Contains("Tandem could not attach to the application within 15 s (--attach-timeout)", line, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", line, StringComparison.Ordinal);
    }
}
