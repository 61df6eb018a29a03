using System.Net.Sockets;
using Tandem.Serve.Control;
using Tandem.Serve.Tests.Infrastructure;

namespace Tandem.Serve.Tests;

/// <summary>Workers whose number the load decides (--workers min:max).</summary>
public sealed class ScalingTests
{
    private static readonly string[] Scaled = ["--workers", "1:3", "--scale-wait", "50ms", "--scale-down-after", "1s", "--metrics-port", "0"];

    [Fact(Timeout = 4 * Limits.Test)]
    public async Task Requests_that_block_bring_more_workers_and_quiet_brings_fewer()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync([.. Scaled, "--threads", "2:2"]);
        ServeStatus status = await serve.StatusAsync();
        Assert.Equal((1, 1, 3, 0), (status.Target, status.Scaling!.Min, status.Scaling.Max, status.Scaling.Ups));
        string address = await serve.LineAsync("metrics on ");
        using var metrics = new HttpClient { BaseAddress = new Uri(address[address.IndexOf("http", StringComparison.Ordinal)..]) };
        Assert.Contains("\ntandem_serve_workers_max 3\n", await metrics.GetStringAsync(""), StringComparison.Ordinal);

        using var enough = new CancellationTokenSource();
        Task[] clients = [.. Enumerable.Range(0, 24).Select(_ => AskAgainAndAgainAsync(serve, "/sleep?ms=300", enough.Token))];
        await serve.StatusAsync(static status => status.Target >= 2);
        await serve.StatusAsync(static status => status.Workers.Count(static worker => worker.State == "accepting") >= 2);
        status = await serve.StatusAsync(static status => status.Target == 3
            && status.Workers.Count(static worker => worker.State == "accepting") == 3
            && status.Scaling!.LastChange!.Reason.Contains("2 → 3: ", StringComparison.Ordinal));
        Assert.Contains("threads are blocked in", await serve.LineAsync("scale to 3 workers by load, 2 → 3: "), StringComparison.Ordinal);
        await enough.CancelAsync();
        await Task.WhenAll(clients);

        await serve.StatusAsync(static status => status.Target <= 2);
        status = await serve.StatusAsync(static status => status is { Target: 1, Workers.Count: 1 });
        await serve.LineAsync("scale to 1 workers by load, 2 → 1: nothing has waited for 1 s");
        // Where the clients had to wait for processors for so long that nothing waited, it went down and up once more.
        Assert.True(status.Scaling!.Ups >= 2);
        Assert.Equal(status.Scaling.Ups, status.Scaling.Downs);
        Assert.Contains($"tandem_serve_scalings_total{{direction=\"down\"}} {status.Scaling.Downs}\n", await metrics.GetStringAsync(""), StringComparison.Ordinal);
        Assert.Equal("Hello, World!", await serve.GetAsync("/"));
    }

    [Fact(Timeout = 2 * Limits.Test)]
    public async Task Requests_that_need_processors_bring_no_more_workers()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync([.. Scaled, "--threads", "2:2"]);
        using var enough = new CancellationTokenSource();
        Task[] clients = [.. Enumerable.Range(0, 24).Select(_ => AskAgainAndAgainAsync(serve, "/endless/spin?ms=100", enough.Token))];
        ServeStatus status = await serve.StatusAsync(static status => status.Scaling!.State.Contains("would compete for the same processors", StringComparison.Ordinal));
        Assert.Equal((1, 0), (status.Target, status.Scaling!.Ups));
        await enough.CancelAsync();
        await Task.WhenAll(clients);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Within_its_bounds_a_person_may_change_the_number_too()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(Scaled);
        ServeException refused = await Assert.ThrowsAsync<ServeException>(() => serve.AskAsync("scale", 4));
        Assert.Equal((ServeExitCode.Refused, "The load decides between 1 and 3 workers (--workers 1:3); there cannot be 4."), (refused.ExitCode, refused.Message));
        await serve.AskAsync("scale", 3);
        await serve.LineAsync("scale to 3 workers");
        await serve.StatusAsync(static status => status.Target == 1); // the load decides from there on
        await serve.LineAsync("scale to 2 workers by load, 3 → 2: nothing has waited");
    }

    [Fact(Timeout = 2 * Limits.Test)]
    public async Task A_reload_and_a_new_supervisor_keep_the_number_and_its_bounds()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync("--workers", "1:3", "--scale-down-after", "1h");
        await serve.AskAsync("scale", 2);
        await serve.AskAsync("reload");
        Assert.Equal(2, (await serve.StatusAsync()).Target);
        serve.Signal(12); // USR2
        await serve.LineAsync("serving on ", times: 2);
        ServeStatus status = await serve.StatusAsync();
        Assert.Equal((2, 1, 3), (status.Target, status.Scaling!.Min, status.Scaling.Max));
    }

    private static async Task AskAgainAndAgainAsync(ServeProcess serve, string path, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            try
            {
                await serve.GetAsync(path);
            }
            catch (Exception e) when (e is HttpRequestException or SocketException && until.IsCancellationRequested)
            {
                // At the end of the test it does not matter.
            }
        }
    }
}
