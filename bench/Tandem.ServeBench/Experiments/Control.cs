using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>
/// Whether the instrument tells good from bad: a healthy plain server must show no failure, one that is killed under load must, and an
/// answer that is not the expected one must be noticed.
/// </summary>
internal static class Control
{
    internal static async Task RunAsync(Lab lab)
    {
        var table = new MarkdownTable("plain server", "requests", "failed, healthy", "failed, killed", "failed, another answer expected");
        long healthyFailures = 0;
        int blind = 0;
        foreach (Transport transport in lab.AllTransports)
        {
            await using Server server = await Server.StartAsync(lab.Plain, transport);
            LoadOptions options = transport.Apply(new LoadOptions { EndPoint = server.EndPoint, Clients = 32, Requests = Requests(transport) });
            LoadResult healthy = await LoadRun.RunAsync(options with { Duration = TimeSpan.FromSeconds(lab.Options.Quick ? 1 : 3) });
            Console.WriteLine($"{transport.Name}, healthy: {healthy}");
            foreach (Failure failure in healthy.Failures.Take(3))
                Console.WriteLine($"  {failure}");

            LoadResult wrong = await LoadRun.RunAsync(options with { Count = 10, Clients = 1, Depth = 1, Requests = [LoadRequest.Get("/", "Hello, Moon!!")] });
            LoadRun run = LoadRun.Start(options);
            await Task.Delay(500);
            Os.Signal(server.Pid, Os.Kill);
            await Task.Delay(200);
            LoadResult killed = await run.StopAsync();
            Console.WriteLine($"{transport.Name}, killed: {killed}");
            healthyFailures += healthy.Failed;
            blind += killed.Failed == 0 || killed.Failed == killed.Count(FailureKind.Refused) || wrong.Count(FailureKind.Wrong) != 10 ? 1 : 0;
            table.Add(transport.Name, ServeReport.Number(healthy.Requests), $"{healthy.Failed}", $"{killed.Failed}", $"{wrong.Count(FailureKind.Wrong)} of 10");
        }

        lab.Report.Add("The instrument against a plain server", table);
        lab.Report.AtMost("control: failed requests at a healthy plain server", healthyFailures, 0, "");
        lab.Report.AtMost("control: kinds of load that miss a killed server or a wrong answer", blind, 0, "");
    }

    // A request with a large body must not wait to be sent for answers that wait to be read.
    private static LoadRequest[] Requests(Transport transport) => transport.Mode == LoadMode.Pipelined
        ? [LoadRequest.Plaintext, LoadRequest.Json, LoadRequest.Pid, LoadRequest.Big(20), LoadRequest.Chunked(20)]
        :
        [
            LoadRequest.Plaintext, LoadRequest.Json, LoadRequest.Pid, LoadRequest.Big(300), LoadRequest.Chunked(300), LoadRequest.Echo(100_000),
            LoadRequest.Slow(5),
        ];
}
