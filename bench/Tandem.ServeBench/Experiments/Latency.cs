using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>
/// How long answers take at one rate for all, half of what the plain server can serve. A closed loop on busy processors, which is what wrk
/// makes, sends more to whoever answers more, and there a latency says mostly how many clients there are for how many answers.
/// </summary>
internal static class Latency
{
    internal static async Task RunAsync(Lab lab)
    {
        int rounds = lab.Options.Quick ? 3 : 9, seconds = lab.Options.Quick ? 2 : 3;
        ServerCommand[] contenders = lab.Contenders(1, 2);
        await using WarmServers servers = await WarmServers.StartAsync(lab, contenders);
        var table = new MarkdownTable(["load", "req/s", .. contenders.SelectMany(static one => new[] { $"{one.Name}, p50 ms", "p99 ms" })]);
        foreach ((LoadRequest request, Transport transport) in WarmServers.Loads)
        {
            LoadResult most = await LoadRun.RunAsync(Load(servers.All[0]) with { Duration = TimeSpan.FromSeconds(2) });
            var interval = TimeSpan.FromSeconds(2 * WarmServers.Clients * most.Elapsed.TotalSeconds / most.Requests);
            Rounds<LoadResult> runs = await Rounds<LoadResult>.RunAsync(
                servers.All, rounds, server => LoadRun.RunAsync(Load(server) with { Duration = TimeSpan.FromSeconds(seconds), Interval = interval }));
            Judge(lab.Report, contenders, runs, table, $"{request.Path}, {transport.Name}", WarmServers.Clients / interval.TotalSeconds);

            LoadOptions Load(Server server) => WarmServers.Load(server, request, transport);
        }

        lab.Report.Add($"Latency of {WarmServers.Clients} clients at the same rate, half of what the plain server serves them at most, medians", table);
    }

    private static void Judge(ServeReport report, ServerCommand[] contenders, Rounds<LoadResult> runs, MarkdownTable table, string load, double rate)
    {
        List<string> cells = [load, ServeReport.Number(rate)];
        for (int one = 0; one < contenders.Length; one++)
        {
            cells.AddRange(new[] { 50, 99 }.Select(percent => ServeReport.Number(runs.Median(one, run => run.Latencies.Percentile(percent)))));
            if (runs.Of(one).Sum(static run => run.Failed) is > 0 and var failed)
                report.Note($"{contenders[one].Name}, {load}: {failed} requests failed.");
        }

        table.Add([.. cells]);
        Console.WriteLine(string.Join("  ", cells));
        for (int one = 1; one < contenders.Length; one++)
        {
            double tail = runs.MedianRatio(one, static run => run.Latencies.Percentile(99));
            report.AtMost($"{contenders[one].Name}: p99 at the same rate against plain, {load}", tail, Throughput.WorstTail, "×");
        }
    }
}
