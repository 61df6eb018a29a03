using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>What supervisor and workers of an empty application hold, idle after a little load.</summary>
internal static class Memory
{
    internal static async Task RunAsync(Lab lab)
    {
        var table = new MarkdownTable("MiB", "workers, private", "of which written", "workers, proportional", "supervisor, private", "supervisor, proportional");
        var workersPrivate = new Dictionary<int, double>();
        foreach (ServerCommand contender in lab.EmptyContenders(1, 2, 4))
        {
            await using Server server = await Server.StartAsync(contender, Transport.KeepAlive);
            int[] workers = await server.WaitForWorkersAsync(TimeSpan.FromSeconds(10));
            await Task.Delay(1500);
            await LoadRun.RunAsync(new LoadOptions { EndPoint = server.EndPoint, Clients = 4 * contender.Workers, Count = 200 * contender.Workers });
            await Task.Delay(1000);

            ProcessMemory[] each = [.. workers.Select(Os.Memory)];
            ProcessMemory? supervisor = server.IsSupervised ? Os.Memory(server.Pid) : null;
            table.Add(Row(contender.Name, each, supervisor));
            if (supervisor is null)
                continue;

            workersPrivate[contender.Workers] = each.Sum(static one => one.Private);
            if (contender.Workers == 2)
                lab.Report.AtMost("supervisor of 2 workers, proportional memory", supervisor.Value.Proportional, 20, "MiB");
        }

        if (lab.HasTool)
        {
            await using Server server = await Server.StartAsync(lab.EmptyServe(1) with { Standbys = 1 }, Transport.KeepAlive);
            int[] processes = await server.WaitForWorkersAsync(TimeSpan.FromSeconds(10));
            await Task.Delay(1500);
            table.Add(Row("a standby", [Os.Memory(processes.Max())], supervisor: null));
        }

        if (workersPrivate.Count > 0)
            lab.Report.AtMost("private memory of an added worker, idle (of 4 against 1)", (workersPrivate[4] - workersPrivate[1]) / 3, 15, "MiB");

        lab.Report.Add("Memory of an empty application, idle after 200 requests for each worker", table);
    }

    private static string[] Row(string name, ProcessMemory[] workers, ProcessMemory? supervisor) =>
    [
        name,
        ServeReport.Number(workers.Sum(static one => one.Private)),
        ServeReport.Number(workers.Sum(static one => one.Written)),
        ServeReport.Number(workers.Sum(static one => one.Proportional)),
        supervisor is null ? "" : ServeReport.Number(supervisor.Value.Private),
        supervisor is null ? "" : ServeReport.Number(supervisor.Value.Proportional),
    ];
}
