using System.Diagnostics;
using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>All workers are replaced every five seconds, under load.</summary>
internal static class Reload
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    internal static async Task RunAsync(Lab lab)
    {
        var table = new MarkdownTable("load", "reloads", "requests", "connections", "sent again", "failed", "p99 ms", "max ms");
        long failed = 0;
        foreach (Transport transport in lab.AllTransports)
        {
            await using Server server = await Server.StartAsync(lab.Serve(2), transport);
            LoadRun run = LoadRun.Start(transport.Apply(new LoadOptions
            {
                EndPoint = server.EndPoint,
                // HTTP/2 has eight requests under way on each connection.
                Clients = transport.Mode == LoadMode.Http2 ? 8 : 64,
                Requests = [LoadRequest.Plaintext, LoadRequest.Json, LoadRequest.Big(20)],
            }));
            int reloads = Math.Max(2, lab.Options.Seconds / 5);
            for (int i = 0; i < reloads; i++)
            {
                Task pause = Task.Delay(Every);
                await Task.Delay(500);
                int[] before = server.Workers();
                await server.TellAsync("reload");
                await pause;
                await WaitForSuccessorsAsync(server, before);
            }

            LoadResult result = await run.StopAsync();
            failed += result.Failed;
            Console.WriteLine($"{transport.Name}: {result}");
            foreach (Failure failure in result.Failures.Take(3))
                Console.WriteLine($"  {failure}");

            table.Add(
                transport.Name, $"{reloads}", ServeReport.Number(result.Requests), ServeReport.Number(result.Connections), $"{result.Resent}", $"{result.Failed}",
                ServeReport.Number(result.Latencies.Percentile(99)), ServeReport.Number(result.Latencies.Max));
        }

        lab.Report.Add("Rolling reloads of 2 workers under load", table);
        lab.Report.AtMost("reload under load: failed requests", failed, 0, "");
    }

    // A reload that replaces nobody loses no request either, and must not pass for it.
    private static async Task WaitForSuccessorsAsync(Server server, int[] before)
    {
        long start = Stopwatch.GetTimestamp();
        while (server.Workers() is var workers && (workers.Length == 0 || workers.Intersect(before).Any()))
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
                throw new TimeoutException($"not all workers were replaced within {Limit.TotalSeconds} s of a reload");

            await Task.Delay(50);
        }
    }
}
