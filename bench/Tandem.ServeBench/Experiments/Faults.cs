using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>
/// Every two seconds one process cannot serve for half a second. Clients send at a fixed rate and a request counts from when it was due:
/// clients that wait for a server send less, which would hide just the requests that had to wait.
/// </summary>
internal static class Faults
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    internal static async Task RunAsync(Lab lab)
    {
        var table = new MarkdownTable("fault, load", "server", "requests", "p50 ms", "p90 ms", "p99 ms", "max ms", "failed");
        foreach ((string fault, string path) in (ValueTuple<string, string>[])[("blocked pool", "/block?ms=500&threads=64"), ("collections", "/gc?ms=500")])
        {
            foreach (Transport transport in (Transport[])[Transport.Close, Transport.KeepAlive])
            {
                double plain = 0;
                foreach (ServerCommand contender in lab.Contenders(2))
                {
                    LoadResult result = await MeasureAsync(lab, contender, transport, path);
                    LatencyHistogram latencies = result.Latencies;
                    string[] figures = [.. new[] { 50, 90, 99 }.Select(percent => ServeReport.Number(latencies.Percentile(percent))), ServeReport.Number(latencies.Max)];
                    table.Add([$"{fault}, {transport.Name}", contender.Name, ServeReport.Number(result.Requests), .. figures, $"{result.Failed}"]);
                    Console.WriteLine($"{fault}, {transport.Name}, {contender.Name}: {result}");
                    if (contender.Tool is null)
                        plain = latencies.Percentile(99);
                    else if (transport == Transport.Close)
                        lab.Report.AtLeast($"p99 with a fault every 2 s ({fault}), plain against {contender.Name}", plain / latencies.Percentile(99), 1.5, "×");
                }
            }
        }

        lab.Report.Add("One process at a time that cannot serve for 500 ms, every 2 s; 64 clients, 1,280 requests/s", table);
        lab.Report.Note(
            "faults: the target is of a connection per request. A connection that is kept stays with its worker, so that half of them wait whatever else "
            + "there is: p90 shows the difference there, and p99 lies within the fault in both.");
    }

    private static async Task<LoadResult> MeasureAsync(Lab lab, ServerCommand contender, Transport transport, string path)
    {
        await using Server server = await Server.StartAsync(contender, transport);
        var load = new LoadOptions { EndPoint = server.EndPoint, Clients = 64 };
        // The first fault builds the heap that later ones collect.
        LoadOptions fault = load with { Clients = 1, Count = 1, Mode = LoadMode.ConnectionPerRequest, Requests = [LoadRequest.AnyAnswer(path)] };
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => LoadRun.RunAsync(fault)));
        await LoadRun.RunAsync(transport.Apply(load with { Count = 5000 }));

        LoadRun run = LoadRun.Start(transport.Apply(load with { Interval = TimeSpan.FromMilliseconds(50) }));
        int faults = Math.Max(2, lab.Options.Seconds / 2);
        for (int i = 0; i < faults; i++)
        {
            Task pause = Task.Delay(Every);
            await LoadRun.RunAsync(fault);
            await pause;
        }

        return await run.StopAsync();
    }
}
