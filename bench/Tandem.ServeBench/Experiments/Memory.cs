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
        var table = new MarkdownTable("MiB", "workers, private", "workers, proportional", "supervisor, private", "supervisor, proportional");
        var workersPrivate = new Dictionary<int, double>();
        foreach (ServerCommand contender in lab.EmptyContenders(1, 2, 4))
        {
            await using Server server = await Server.StartAsync(contender, Transport.KeepAlive);
            int[] workers = await server.WaitForWorkersAsync(TimeSpan.FromSeconds(10));
            await Task.Delay(1500);
            await LoadRun.RunAsync(new LoadOptions { EndPoint = server.EndPoint, Clients = 4 * contender.Workers, Count = 200 * contender.Workers });
            await Task.Delay(1000);

            (double Private, double Proportional)[] each = [.. workers.Select(Os.Memory)];
            double own = each.Sum(static one => one.Private), share = each.Sum(static one => one.Proportional);
            if (!server.IsSupervised)
            {
                table.Add(contender.Name, ServeReport.Number(own), ServeReport.Number(share), "", "");
                continue;
            }

            (double supervisorPrivate, double supervisorShare) = Os.Memory(server.Pid);
            workersPrivate[contender.Workers] = own;
            table.Add(contender.Name, ServeReport.Number(own), ServeReport.Number(share), ServeReport.Number(supervisorPrivate), ServeReport.Number(supervisorShare));
            if (contender.Workers == 2)
                lab.Report.AtMost("supervisor of 2 workers, proportional memory", supervisorShare, 20, "MiB");
        }

        if (lab.HasTool)
        {
            await using Server server = await Server.StartAsync(lab.EmptyServe(1) with { Standbys = 1 }, Transport.KeepAlive);
            int[] processes = await server.WaitForWorkersAsync(TimeSpan.FromSeconds(10));
            await Task.Delay(1500);
            (double ownPrivate, double share) = Os.Memory(processes.Max());
            table.Add("a standby", ServeReport.Number(ownPrivate), ServeReport.Number(share), "", "");
        }

        if (workersPrivate.Count > 0)
            lab.Report.AtMost("private memory of an added worker, idle (of 4 against 1)", (workersPrivate[4] - workersPrivate[1]) / 3, 15, "MiB");

        lab.Report.Add("Memory of an empty application, idle after 200 requests for each worker", table);
    }
}
