using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>The supervisor replaces itself (USR2), under load.</summary>
internal static class Upgrade
{
    internal static async Task RunAsync(Lab lab)
    {
        await using Server server = await Server.StartAsync(lab.Serve(2), Transport.KeepAlive);
        var load = new LoadOptions { EndPoint = server.EndPoint, Clients = 32 };
        LoadRun kept = LoadRun.Start(load), brief = LoadRun.Start(load with { Mode = LoadMode.ConnectionPerRequest });
        for (int i = 0; i < 2; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(lab.Options.Seconds / 3.0));
            Os.Signal(server.Pid, Os.UserSignal2);
        }

        await Task.Delay(TimeSpan.FromSeconds(lab.Options.Seconds / 3.0));
        var table = new MarkdownTable("load", "requests", "failed", "p99 ms", "max ms");
        long failed = 0;
        foreach ((string name, LoadRun run) in (ValueTuple<string, LoadRun>[])[("keep-alive", kept), ("connection per request", brief)])
        {
            LoadResult result = await run.StopAsync();
            Console.WriteLine($"{name}: {result}");
            table.Add(
                name, ServeReport.Number(result.Requests), $"{result.Failed}", ServeReport.Number(result.Latencies.Percentile(99)),
                ServeReport.Number(result.Latencies.Max));
            failed += result.Failed;
        }

        if (!server.IsRunning)
            throw new InvalidOperationException("the supervisor has ended instead of replacing itself");

        // Whoever replaced it must still be in command.
        await server.TellAsync("status");
        lab.Report.Add("USR2 twice under load of 32 clients each", table);
        lab.Report.AtMost("USR2 under load: failed requests", failed, 0, "");
    }
}
