using Tandem.Bench.Harness;
using Tandem.Bench.Report;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>How much is served, and how fast, by wrk with 64 connections.</summary>
internal static class Throughput
{
    private const double WorstTail = 1.15;

    /// <summary>Seconds; as long as the compiler still works, nothing is compared.</summary>
    private const int WarmUp = 10;

    internal static async Task RunAsync(Lab lab)
    {
        if (!Wrk.IsInstalled)
        {
            lab.Report.Note("wrk is not installed (Debian: apt-get install wrk): throughput was not measured.");
            return;
        }

        int rounds = lab.Options.Quick ? 3 : 15, seconds = lab.Options.Quick ? 2 : 3;
        ServerCommand[] contenders = lab.Contenders(1, 2);
        List<Server> servers = [];
        try
        {
            foreach (ServerCommand contender in contenders)
                servers.Add(await Server.StartAsync(contender, Transport.KeepAlive));

            var table = new MarkdownTable(["load", .. contenders.SelectMany(static one => new[] { $"{one.Name}, req/s", "p99 ms" })]);
            foreach (string path in (string[])["/", "/json"])
            {
                foreach (bool close in (bool[])[false, true])
                    await CompareAsync(lab, contenders, servers, table, path, close, rounds, seconds);
            }

            lab.Report.Add("Throughput, wrk -t2 -c64, medians", table);
        }
        finally
        {
            foreach (Server server in servers)
                await server.DisposeAsync();
        }
    }

    private static async Task CompareAsync(
        Lab lab, ServerCommand[] contenders, List<Server> servers, MarkdownTable table, string path, bool close, int rounds, int seconds)
    {
        string load = $"{path}, {(close ? "connection per request" : "keep-alive")}";
        var runs = new WrkResult[contenders.Length, rounds];
        for (int round = -1; round < rounds; round++)
        {
            for (int turn = 0; turn < servers.Count; turn++)
            {
                int one = Turns.WhoComes(turn, round + 1, servers.Count);
                WrkResult result = await Wrk.RunAsync(servers[one].EndPoint, path, close, round < 0 ? WarmUp : seconds);
                if (round >= 0)
                    runs[one, round] = result;
            }
        }

        List<string> cells = [load];
        for (int one = 0; one < contenders.Length; one++)
        {
            WrkResult[] own = [.. Enumerable.Range(0, rounds).Select(round => runs[one, round])];
            cells.Add(ServeReport.Number(Statistics.Median(own.Select(static run => run.RequestsPerSecond).ToArray())));
            cells.Add(ServeReport.Number(Statistics.Median(own.Select(static run => run.P99).ToArray())));
            if (own.Sum(static run => run.Errors) is > 0 and var errors)
                lab.Report.Note($"{contenders[one].Name}, {load}: wrk counted {errors} errors.");
        }

        table.Add([.. cells]);
        Console.WriteLine(string.Join("  ", cells));
        for (int one = 1; one < contenders.Length; one++)
        {
            double rate = MedianRatio(runs, one, rounds, static run => run.RequestsPerSecond);
            double tail = MedianRatio(runs, one, rounds, static run => run.P99);
            double bound = contenders[one].Workers == 1 ? 0.97 : close ? 0.9 : 1.0;
            lab.Report.AtLeast($"{contenders[one].Name}: throughput against plain, {load}", rate, bound, "×");
            lab.Report.AtMost($"{contenders[one].Name}: p99 against plain, {load}", tail, WorstTail, "×");
        }
    }

    // Within a round: both sides of a ratio were measured in the same minute.
    private static double MedianRatio(WrkResult[,] runs, int one, int rounds, Func<WrkResult, double> figure) =>
        Statistics.Median(Enumerable.Range(0, rounds).Select(round => figure(runs[one, round]) / figure(runs[0, round])).ToArray());
}
