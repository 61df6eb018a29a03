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

    internal static async Task RunAsync(Lab lab)
    {
        int rounds = lab.Options.Quick ? 5 : 11;
        ServerCommand[] contenders = lab.EmptyContenders(1, 2);
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
            if (contenders[one].Tool is not null)
                lab.Report.AtMost($"{contenders[one].Name}: ready after the command's start", median, Limit, "ms");
        }

        if (lab.HasTool)
        {
            List<double> replacements = await ReplaceAsync(lab, rounds);
            double median = Statistics.Median(replacements);
            table.Add("serve, 1 worker, after it was killed", ServeReport.Number(median), ServeReport.Number(replacements.Max()));
            lab.Report.AtMost("a killed worker's replacement is ready", median, Limit, "ms");
        }

        lab.Report.Add("Time to ready, an empty application", table);
    }

    private static async Task<List<double>> ReplaceAsync(Lab lab, int rounds)
    {
        await using Server server = await Server.StartAsync(lab.EmptyServe(1), Transport.Close);
        List<double> times = [];
        for (int round = 0; round < rounds; round++)
        {
            await Task.Delay(1000);
            long start = Stopwatch.GetTimestamp();
            Os.Signal((await server.WaitForWorkersAsync(TimeSpan.FromSeconds(5)))[0], Os.Kill);
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
