using System.Diagnostics;
using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>The supervisor replaces itself (USR2), under load.</summary>
internal static class Upgrade
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    internal static async Task RunAsync(Lab lab)
    {
        await using Server server = await Server.StartAsync(lab.Serve(2), Transport.KeepAlive);
        var load = new LoadOptions { EndPoint = server.EndPoint, Clients = 32 };
        LoadRun kept = LoadRun.Start(load), brief = LoadRun.Start(load with { Mode = LoadMode.ConnectionPerRequest });
        for (int i = 0; i < 2; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(lab.Options.Seconds / 3.0));
            string? before = Os.Image(server.Pid);
            Os.Signal(server.Pid, Os.UserSignal2);
            await WaitForImageAsync(server, before);
        }

        await Task.Delay(TimeSpan.FromSeconds(lab.Options.Seconds / 3.0));
        var table = new MarkdownTable("load", "requests", "failed", "p99 ms", "max ms");
        long failed = 0;
        foreach ((string name, LoadRun run) in (ValueTuple<string, LoadRun>[])[("keep-alive", kept), ("connection per request", brief)])
        {
            LoadResult result = await run.StopAsync();
            Console.WriteLine($"{name}: {result}");
            foreach (Failure failure in result.Failures.Take(3))
                Console.WriteLine($"  {failure}");

            table.Add(
                name, ServeReport.Number(result.Requests), $"{result.Failed}", ServeReport.Number(result.Latencies.Percentile(99)),
                ServeReport.Number(result.Latencies.Max));
            failed += result.Failed;
        }

        // Whoever replaced it must still be in command.
        await server.TellAsync("status");
        lab.Report.Add("USR2 twice under load of 32 clients each", table);
        lab.Report.AtMost("USR2 under load: failed requests", failed, 0, "");
    }

    // A supervisor that ignores the signal loses no request either, and must not pass for it.
    private static async Task WaitForImageAsync(Server server, string? before)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (!server.IsRunning)
                throw new InvalidOperationException("the supervisor ended instead of replacing itself");
            if (Os.Image(server.Pid) is { } image && image != before)
                return;
            if (Stopwatch.GetElapsedTime(start) > Limit)
                throw new TimeoutException($"the supervisor did not replace itself within {Limit.TotalSeconds} s of USR2");

            await Task.Delay(20);
        }
    }
}
