using System.Diagnostics;
using Tandem.Bench.Harness;
using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>How long until an empty application answers: after the start of the command, and after the only worker was killed.</summary>
internal static class Ready
{
    private const double Limit = 200;

    /// <summary>Where nothing can be kept.</summary>
    private const string NoCache = "/dev/null";

    /// <summary>So long that what a start needs was kept, and that a standby has made ready what it can.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(4);

    internal static async Task RunAsync(Lab lab)
    {
        int rounds = lab.Options.Quick ? 5 : 11;
        ServerCommand[] contenders = lab.EmptyContenders(1, 2);
        if (lab.HasTool)
        {
            contenders = [.. contenders, lab.EmptyServe(1) with { Name = "serve, 1 worker, the first time", Cache = NoCache }];
            await using Server first = await Server.StartAsync(lab.EmptyServe(1), Transport.Close);
            await Task.Delay(Settling);
        }

        List<double>[] times = [.. contenders.Select(static _ => new List<double>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < contenders.Length; turn++)
            {
                int one = Turns.WhoComes(turn, round, contenders.Length);
                await using Server server = await Server.StartAsync(contenders[one], Transport.Close);
                times[one].Add(server.TimeToReady.TotalMilliseconds);
            }
        }

        var table = new MarkdownTable("first right answer, ms", "median", "longest");
        for (int one = 0; one < contenders.Length; one++)
        {
            double median = Statistics.Median(times[one]);
            table.Add($"{contenders[one].Name}, after its start", ServeReport.Number(median), ServeReport.Number(times[one].Max()));
            if (contenders[one] is { Tool: not null, Cache: not NoCache })
                lab.Report.AtMost($"{contenders[one].Name}: ready after the command's start", median, Limit, "ms");
        }

        if (lab.HasTool)
        {
            foreach ((int spares, int standbys, string with) in (ValueTuple<int, int, string>[])[(0, 1, " and a standby, as by default"), (0, 0, " and no standby"), (1, 0, " and a spare")])
            {
                List<double> replacements = await ReplaceAsync(lab.EmptyServe(1) with { Spares = spares, Standbys = standbys }, rounds);
                double median = Statistics.Median(replacements);
                table.Add($"serve, 1 worker{with}, after it was killed", ServeReport.Number(median), ServeReport.Number(replacements.Max()));
                if (spares + standbys > 0)
                    lab.Report.AtMost($"serve, 1 worker{with}: ready after it was killed", median, Limit, "ms");
            }
        }

        lab.Report.Add("Time to ready, an empty application", table);
    }

    private static async Task<List<double>> ReplaceAsync(ServerCommand command, int rounds)
    {
        await using Server server = await Server.StartAsync(command, Transport.Close);
        List<double> times = [];
        for (int round = 0; round < rounds; round++)
        {
            int[] workers = await server.WaitForWorkersAsync(TimeSpan.FromSeconds(10));
            await Task.Delay(Settling);
            long start = Stopwatch.GetTimestamp();
            Os.Signal(workers.Min(), Os.Kill); // the one that serves; those that wait are younger
            var probe = new LoadOptions { EndPoint = server.EndPoint, Mode = LoadMode.ConnectionPerRequest, Count = 1 };
            while ((await LoadRun.RunAsync(probe)).Requests == 0)
            {
                if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(20))
                    throw new TimeoutException("a killed worker was not replaced within 20 s");
            }

            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return times;
    }
}
