using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>How evenly connections are spread over workers.</summary>
internal static class Fairness
{
    internal static async Task RunAsync(Lab lab)
    {
        var table = new MarkdownTable("connections", "workers", "each worker's", "most against mean");
        foreach (int workers in (int[])[2, 4])
        {
            await using Server server = await Server.StartAsync(lab.Serve(workers), Transport.KeepAlive);
            await server.WaitForWorkersAsync(TimeSpan.FromSeconds(10));
            // The first answer says that one worker is ready; the others start at the same time.
            await Task.Delay(1500);
            var load = new LoadOptions { EndPoint = server.EndPoint, Requests = [LoadRequest.Pid] };
            await LoadRun.RunAsync(load with { Count = 2000, Clients = 8, Mode = LoadMode.ConnectionPerRequest });

            LoadResult kept = await LoadRun.RunAsync(
                load with { Clients = 64, Interval = TimeSpan.FromMilliseconds(20), Duration = TimeSpan.FromSeconds(lab.Options.Quick ? 2 : 5) });
            Judge("64 that are kept", workers, kept);
            LoadResult brief = await LoadRun.RunAsync(load with { Clients = 32, Count = 10_000, Mode = LoadMode.ConnectionPerRequest });
            Judge("10,000 short ones", workers, brief);
        }

        lab.Report.Add("Connections of each worker", table);

        void Judge(string kind, int workers, LoadResult result)
        {
            long[] counts = [.. result.ConnectionsByPid.Values.OrderDescending()];
            // A worker that got none counts as well.
            double unfair = counts.Length == 0 ? double.NaN : counts[0] / ((double)counts.Sum() / workers);
            table.Add(kind, $"{workers}", string.Join(" : ", counts), ServeReport.Number(unfair));
            lab.Report.AtMost($"fairness, {kind}, {workers} workers: most against mean", unfair, 1.3, "×");
            if (result.Failed > 0)
                lab.Report.Note($"fairness, {kind}, {workers} workers: {result}");
        }
    }
}
