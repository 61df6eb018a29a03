using System.Diagnostics;

namespace Tandem.ServeBench.Peers;

/// <summary>What came of one server in one round; each list has an entry for each load.</summary>
/// <param name="Quiet">Of the time in which nothing was done to it.</param>
/// <param name="Reloads">For each reload.</param>
/// <param name="Kills">For each worker that was killed.</param>
/// <param name="ReloadSeconds">How long each reload took.</param>
internal sealed record PeerRound(PeerFigures[] Quiet, PeerFigures[][] Reloads, PeerFigures[][] Kills, double[] ReloadSeconds)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2), QuietTime = TimeSpan.FromSeconds(2), Rest = TimeSpan.FromSeconds(2);

    /// <summary>Reloads a server, and kills workers of it, under load.</summary>
    internal static async Task<PeerRound> RunAsync(Peer peer, string folder, int reloads, int kills)
    {
        await using PeerServer server = await PeerServer.StartAsync(peer, folder);
        PeerLoad[] loads = PeerLoad.StartAll(server.EndPoint);
        List<long> reloadStarts = [];
        List<double> seconds = [];
        List<WorkerKill> killed = [];
        await Task.Delay(WarmUp);
        long quiet = Stopwatch.GetTimestamp();
        await Task.Delay(QuietTime);
        for (int i = 0; i < reloads; i++)
        {
            reloadStarts.Add(Stopwatch.GetTimestamp());
            await server.ReloadAsync();
            seconds.Add(Stopwatch.GetElapsedTime(reloadStarts[^1]).TotalSeconds);
            await Task.Delay(Rest);
        }

        long firstKill = Stopwatch.GetTimestamp();
        for (int i = 0; i < kills; i++)
        {
            // The one worker that is left, killed before its successor serves, would be another experiment.
            await server.WaitForServingWorkersAsync();
            killed.Add(server.Kill());
            await Task.Delay(Rest);
        }

        long end = Stopwatch.GetTimestamp();
        PeerLog[] logs = await Task.WhenAll(loads.Select(static load => load.StopAsync()));
        // What ends behind the last disturbance belongs to it.
        long[] reloadSpans = [.. reloadStarts, firstKill], killSpans = [.. killed.Select(static kill => kill.Timestamp), end];
        return new PeerRound(
            Figures(quiet, reloadSpans[0]), Spans(reloadSpans), Spans(killSpans), [.. seconds]);

        PeerFigures[] Figures(long from, long to) => [.. logs.Select(log => log.Between(from, to, killed))];

        PeerFigures[][] Spans(long[] bounds) => [.. bounds.Zip(bounds.Skip(1), Figures)];
    }
}
