using System.Diagnostics;
using Tandem.Bench.Harness;
using Tandem.Bench.Report;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>How long workers of an empty application go on when their supervisor was killed, where nothing is left for them to do.</summary>
internal static class Orphans
{
    private const double MostSeconds = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    internal static async Task RunAsync(Lab lab)
    {
        ServerCommand command = lab.EmptyServe(2);
        string app = Path.GetFileName(command.App);
        var times = new double[lab.Options.Quick ? 3 : 11];
        for (int round = 0; round < times.Length; round++)
        {
            await using Server server = await Server.StartAsync(command, Transport.Close);
            int[] workers = await server.WaitForWorkersAsync(Limit);
            long start = Stopwatch.GetTimestamp();
            Os.Signal(server.Pid, Os.Kill);
            while (Array.Exists(workers, worker => Os.RunsFile(worker, app)))
            {
                if (Stopwatch.GetElapsedTime(start) > Limit)
                    throw new TimeoutException($"a worker went on for {Limit.TotalSeconds} s without its supervisor");

                await Task.Delay(5);
            }

            times[round] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        var table = new MarkdownTable("s until both workers have ended", "median", "longest");
        table.Add("supervisor killed, no connections", ServeReport.Number(Statistics.Median(times)), ServeReport.Number(times.Max()));
        lab.Report.Add("Workers without a supervisor", table);
        lab.Report.AtMost("supervisor killed: both idle workers have ended, longest", times.Max(), MostSeconds, "s");
    }
}
