using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>How much is served, and how fast, by wrk with 64 connections.</summary>
internal static class Throughput
{
    /// <summary>How much longer than the plain server's the p99 may be.</summary>
    internal const double WorstTail = 1.15;

    internal static async Task RunAsync(Lab lab)
    {
        if (!Wrk.IsInstalled)
        {
            lab.Report.Note("wrk is not installed (Debian: apt-get install wrk): throughput was not measured.");
            return;
        }

        int rounds = lab.Options.Quick ? 3 : 15, seconds = lab.Options.Quick ? 2 : 3;
        ServerCommand[] contenders = lab.Contenders(1, 2);
        await using WarmServers servers = await WarmServers.StartAsync(lab, contenders);
        var table = new MarkdownTable(["load", .. contenders.SelectMany(static one => new[] { $"{one.Name}, req/s", "p99 ms" })]);
        foreach ((LoadRequest request, Transport transport) in WarmServers.Loads)
        {
            bool close = transport == Transport.Close;
            Rounds<WrkResult> runs = await Rounds<WrkResult>.RunAsync(servers.All, rounds, server => Wrk.RunAsync(server.EndPoint, request.Path, close, seconds));
            Judge(lab.Report, contenders, runs, table, $"{request.Path}, {transport.Name}", close);
        }

        lab.Report.Add($"Throughput, wrk -t2 -c{WarmServers.Clients}, medians", table);
    }

    private static void Judge(ServeReport report, ServerCommand[] contenders, Rounds<WrkResult> runs, MarkdownTable table, string load, bool close)
    {
        List<string> cells = [load];
        for (int one = 0; one < contenders.Length; one++)
        {
            cells.Add(ServeReport.Number(runs.Median(one, static run => run.RequestsPerSecond)));
            cells.Add(ServeReport.Number(runs.Median(one, static run => run.P99)));
            if (runs.Of(one).Sum(static run => run.Errors) is > 0 and var errors)
                report.Note($"{contenders[one].Name}, {load}: wrk counted {errors} errors.");
        }

        table.Add([.. cells]);
        Console.WriteLine(string.Join("  ", cells));
        for (int one = 1; one < contenders.Length; one++)
        {
            double rate = runs.MedianRatio(one, static run => run.RequestsPerSecond);
            double tail = runs.MedianRatio(one, static run => run.P99);
            double bound = contenders[one].Workers == 1 ? 0.97 : close ? 0.9 : 1.0;
            report.AtLeast($"{contenders[one].Name}: throughput against plain, {load}", rate, bound, "×");
            report.AtMost($"{contenders[one].Name}: p99 against plain, {load}", tail, WorstTail, "×");
        }
    }
}
