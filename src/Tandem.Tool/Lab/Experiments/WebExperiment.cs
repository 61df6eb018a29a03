using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Tandem.Compare;
using Tandem.Compare.Statistics;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Compares one server with many threads and several processes that share its socket.</summary>
[SupportedOSPlatform("linux")]
internal sealed class WebExperiment : LabExperiment
{
    private const int MaximumWorkers = 4;
    private const int RoundsThatHold = 3;
    private const string FewerWait = "fewer_wait";
    private const string ShorterOutage = "shorter_outage";

    private static readonly LabClaim[] ServingClaims =
    [
        new RatioClaim("several processes are as fast as one", Rate("served"), Rate("plain"), 0.8),
        new SameClaim("a request that holds all threads makes fewer others wait", FewerWait, 1),
    ];

    private static readonly LabClaim[] CrashClaims = [new SameClaim("a crash ends service for a shorter time", ShorterOutage, 1)];

    internal override string Name => "web";

    internal override string Question => "What is different when several processes serve, rather than one with many threads?";

    internal override string Expected =>
        "They are as fast as one process; a request that holds all threads makes fewer others wait, and a crash ends no service.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        WebServer.Check();
        CancellationToken cancellationToken = context.CancellationToken;
        int workers = Math.Clamp(Environment.ProcessorCount, 2, MaximumWorkers);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tandem-lab-");
        List<Task<WebServer>> servers = [];
        try
        {
            context.Begin("starting servers");
            servers.Add(WebServer.StartPlainAsync(0, cancellationToken));
            servers.Add(WebServer.StartServedAsync(workers, folder.FullName, cancellationToken));
            WebServer plain = await servers[0].ConfigureAwait(false), served = await servers[1].ConfigureAwait(false);
            Side one = new("one process", "plain", plain), several = new(Amount.Of(workers, "process", "processes"), "served", served);

            var held = TimeSpan.FromMilliseconds(context.Times(500, 200));
            var time = TimeSpan.FromMilliseconds(context.Times(700, 150));
            var window = TimeSpan.FromMilliseconds(context.Times(2000, 200));
            // One run without measuring, so that the servers compile their code.
            foreach (Side side in (Side[])[one, several])
                await WebLoad.RunAsync(side.Server.EndPoint, time, cancellationToken).ConfigureAwait(false);

            LabRounds serving = await LabRounds.MeasureAsync(context, ServingClaims, context.Times(6, 3), async round =>
            {
                context.Begin("requests per second");
                var figures = new Dictionary<string, double>();
                foreach (Side side in (Side[])(round % 2 == 0 ? [one, several] : [several, one]))
                {
                    (figures[Rate(side.Key)], double[] seconds) =
                        await WebLoad.RunAsync(side.Server.EndPoint, time, cancellationToken).ConfigureAwait(false);
                    side.Latencies.AddRange(seconds);
                }

                if (round >= RoundsThatHold)
                    return figures;

                context.Begin("a request that holds all threads");
                foreach (Side side in (Side[])[one, several])
                {
                    side.Waits = await WebLoad.BlockAsync(side.Server.EndPoint, held, cancellationToken).ConfigureAwait(false);
                    side.Waiting = side.Waits.Count(wait => wait > held.TotalSeconds / 2);
                }

                figures[FewerWait] = several.Waiting < one.Waiting ? 1 : 0;
                return figures;
            }).ConfigureAwait(false);

            LabRounds crashing = await LabRounds.MeasureAsync(context, CrashClaims, wanted: 1, async _ =>
            {
                context.Begin("a request that crashes");
                several.Outage = await WebLoad.CrashAsync(
                    served.EndPoint, window, static () => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
                // The server does not restart by itself, so the lab restarts it at once. No service manager could be faster.
                one.Outage = await WebLoad.CrashAsync(
                    plain.EndPoint,
                    window,
                    () => Start(WebServer.StartPlainAsync(plain.EndPoint.Port, cancellationToken)),
                    cancellationToken).ConfigureAwait(false);
                return new Dictionary<string, double> { [ShorterOutage] = several.Outage.Down < one.Outage.Down ? 1 : 0 };
            }).ConfigureAwait(false);
            return Tell(one, several, held, serving.With(crashing));
        }
        catch (SocketException e)
        {
            throw new LabException($"A server did not take a connection: {e.Message}", e);
        }
        finally
        {
            context.Progress.Report("ending servers");
            await Task.WhenAll(servers.Select(EndAsync)).ConfigureAwait(false);
            folder.Delete(recursive: true);
        }

        Task<WebServer> Start(Task<WebServer> server)
        {
            servers.Add(server);
            return server;
        }
    }

    /// <summary>Stops a server, even if its start failed.</summary>
    private static async Task EndAsync(Task<WebServer> server)
    {
        await ((Task)server).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (server.IsCompletedSuccessfully)
            await (await server.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    private static string Rate(string side) => $"{side}_rate";

    private static LabResult Tell(Side one, Side several, TimeSpan held, LabRounds rounds)
    {
        Side[] both = [one, several];
        foreach (Side side in both)
            side.Rates.AddRange(rounds.Values(Rate(side.Key)));

        // A difference that is smaller than the difference between rounds does not count.
        bool isTie = Ratio.Of(several.Rates, one.Rates).IsTie(0);
        var result = new LabResult(
            $"{one.Rate:N0} requests/s with one process, {several.Rate:N0} with {several.Name} "
            + $"({LabFigures.Ratio(several.Rate / one.Rate)}{(isTie ? ", within the noise" : "")}); "
            + $"while a request held all threads of a process for {held.TotalMilliseconds} ms, "
            + $"{one.Waiting} and {several.Waiting} of {WebLoad.Clients} other clients waited; "
            + $"a crash cost {one.Outage!.Failed} and {several.Outage!.Failed} requests, "
            + $"and {LabFigures.Seconds(one.Outage.Down)} and {LabFigures.Seconds(several.Outage.Down)} without any service.",
            rounds.Decision)
        {
            Values = { ["clients_count"] = WebLoad.Clients, ["held_seconds"] = held.TotalSeconds },
        };
        result.Text.Add(
            "One process comes back only because the lab starts it again as soon as the first request fails; "
            + "tandem serve does so by itself.");
        result.Text.Add(
            $"The {WebLoad.Clients} clients run on the same {Environment.ProcessorCount} processors: "
            + "requests/s are those of servers and clients together.");
        var table = new LabTable("The same application", ["", one.Name, several.Name]);
        void Row(string name, string key, Func<Side, double> figure, Func<double, string> write)
        {
            table.Row([name, .. both.Select(side => write(figure(side)))]);
            foreach (Side side in both)
                result.Values[$"{side.Key}_{key}"] = figure(side);
        }

        Row(
            "requests per second",
            "requests_per_second",
            static side => side.Rate,
            static value => value.ToString("N0", CultureInfo.InvariantCulture));
        Row(
            "the slowest round",
            "least_requests_per_second",
            static side => side.Rates.Min(),
            static value => value.ToString("N0", CultureInfo.InvariantCulture));
        Row(
            "the fastest round",
            "most_requests_per_second",
            static side => side.Rates.Max(),
            static value => value.ToString("N0", CultureInfo.InvariantCulture));
        Row("time to the answer, p50", "p50_seconds", static side => side.Latency(0.5), LabFigures.Seconds);
        Row("time to the answer, p99", "p99_seconds", static side => side.Latency(0.99), LabFigures.Seconds);
        Row("others that wait while all threads of a process are held", "waiting_clients_count", static side => side.Waiting, Whole);
        Row("the longest wait of them", "waiting_seconds", static side => side.Waits.Max(), LabFigures.Seconds);
        Row("requests that fail by a crash", "crash_failed_count", static side => side.Outage!.Failed, Whole);
        Row("no service after a crash", "crash_down_seconds", static side => side.Outage!.Down, LabFigures.Seconds);
        result.Tables.Add(table);

        var waits = new LabTable(
            $"The longest wait of each client while all threads of a process are held for {held.TotalMilliseconds} ms",
            ["client", one.Name, several.Name]);
        double[][] sorted = [.. both.Select(static side => side.Waits.OrderDescending().ToArray())];
        for (int i = 0; i < WebLoad.Clients; i++)
            waits.Row([Whole(i + 1), .. sorted.Select(side => LabFigures.Seconds(side[i]))]);

        result.Tables.Add(waits);
        result.Plots.Add((
            Charts.Bars(
                "The longest wait of each client",
                "time",
                [.. waits.Rows.Select(static row => $"client {row[0]}")],
                [(one.Name, sorted[0]), (several.Name, sorted[1])],
                LabFigures.Seconds),
            waits));
        return result;
    }

    private static string Whole(double number) => number.ToString("0", CultureInfo.InvariantCulture);

    /// <summary>A kind of server, and its measurements.</summary>
    private sealed class Side(string name, string key, WebServer server)
    {
        internal string Name => name;

        internal string Key => key;

        internal WebServer Server => server;

        internal List<double> Rates { get; } = [];

        internal List<double> Latencies { get; } = [];

        internal double[] Waits { get; set; } = [];

        /// <summary>How many clients waited for long.</summary>
        internal int Waiting { get; set; }

        internal WebLoad.Outage? Outage { get; set; }

        internal double Rate => Series.Median(Rates);

        internal double Latency(double part)
        {
            double[] sorted = [.. Latencies.Order()];
            return sorted[(int)((sorted.Length - 1) * part)];
        }
    }
}
