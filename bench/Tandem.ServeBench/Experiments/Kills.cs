using System.Diagnostics;
using Tandem.Bench.Harness;
using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>A worker is killed each second, under load.</summary>
internal static class Kills
{
    internal static async Task RunAsync(Lab lab)
    {
        var table = new MarkdownTable("load", "kills", "requests", "refused", "lost", "lost per kill, median", "lost per kill, most", "p99 ms", "max ms");
        foreach ((Transport transport, int clients) in (ValueTuple<Transport, int>[])[(Transport.Close, 128), (Transport.KeepAlive, 64)])
        {
            await using Server server = await Server.StartAsync(lab.Serve(2), transport);
            LoadRun run = LoadRun.Start(transport.Apply(new LoadOptions { EndPoint = server.EndPoint, Clients = clients }));
            await Task.Delay(1000);
            List<long> kills = await KillAsync(server, lab.Options.Seconds);
            LoadResult result = await run.StopAsync();
            Console.WriteLine($"{transport.Name}: {result}");
            if (kills.Count == 0)
                throw new InvalidOperationException("no worker was found that could be killed");

            double[] lost = [.. kills.Select((kill, i) => (double)LostBetween(result, kill, i + 1 < kills.Count ? kills[i + 1] : long.MaxValue))];
            long refused = result.Count(FailureKind.Refused);
            double median = Statistics.Median(lost.ToList()), most = lost.Max();
            table.Add(
                $"{transport.Name}, {clients} clients", $"{kills.Count}", ServeReport.Number(result.Requests), $"{refused}", $"{result.Failed - refused}",
                ServeReport.Number(median), ServeReport.Number(most), ServeReport.Number(result.Latencies.Percentile(99)), ServeReport.Number(result.Latencies.Max));
            lab.Report.AtMost($"SIGKILL each second, {transport.Name}: refused", refused, 0, "");
            if (transport == Transport.Close)
                lab.Report.AtMost($"SIGKILL each second, {transport.Name}: lost per kill, median", median, 2, "");
            if (result.Count(FailureKind.Wrong) > 0)
                lab.Report.Note($"kills, {transport.Name}: {result.Count(FailureKind.Wrong)} wrong answers.");
        }

        lab.Report.Add("SIGKILL of one of 2 workers each second", table);
        lab.Report.Note("kills: with keep-alive every connection of the killed worker has a request under way, which nothing can save: no target.");
    }

    private static async Task<List<long>> KillAsync(Server server, int count)
    {
        List<long> kills = [];
        for (int i = 0; i < count; i++)
        {
            Task pause = Task.Delay(1000);
            int[] workers = await server.WaitForWorkersAsync(TimeSpan.FromSeconds(5));
            if (workers.Length > 0)
            {
                kills.Add(Stopwatch.GetTimestamp());
                Os.Signal(workers[Random.Shared.Next(workers.Length)], Os.Kill);
            }

            await pause;
        }

        return kills;
    }

    private static int LostBetween(LoadResult result, long from, long to) =>
        result.Failures.Count(failure => failure.Kind != FailureKind.Refused && failure.Timestamp >= from && failure.Timestamp < to);
}
