using Tandem.Bench.Harness;
using Tandem.Bench.Report;
using Tandem.LoadClient;
using Tandem.ServeBench.Peers;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Experiments;

/// <summary>Reloads and killed workers of <c>tandem serve</c> beside those of other servers, in turns.</summary>
internal static class PeerComparison
{
    private const int ReloadsPerRound = 2, KillsPerRound = 6;

    internal static async Task RunAsync(Lab lab)
    {
        Peer tandem = new TandemPeer(lab.Serve(Peer.Workers) with { Standbys = 1 });
        List<(Peer Peer, string Version)> peers = [];
        foreach (Peer peer in (Peer[])[tandem, new GunicornPeer(), new PumaPeer(), new NginxPeer()])
        {
            if (peer.FindVersion() is { } version)
                peers.Add((peer, version));
            else
                lab.Report.Note($"{peer.Name} was left out, because it or a part of it is not installed. Debian: apt-get install {peer.Packages}");
        }

        int rounds = lab.Options.Quick ? 1 : 3;
        List<PeerRound>[] results = [.. peers.Select(static _ => new List<PeerRound>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < peers.Count; turn++)
            {
                int one = Turns.WhoComes(turn, round, peers.Count);
                PeerRound result = await RunAsync(lab, peers[one].Peer);
                results[one].Add(result);
                Print(peers[one].Peer, result);
            }
        }

        Report(lab.Report, [.. peers.Select(static (peer, _) => peer)], results);
        Judge(lab.Report, results[0]);
    }

    private static async Task<PeerRound> RunAsync(Lab lab, Peer peer)
    {
        DirectoryInfo folder = lab.CreateFolder();
        try
        {
            return await PeerRound.RunAsync(peer, folder.FullName, ReloadsPerRound, KillsPerRound);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Report(ServeReport report, (Peer Peer, string Version)[] peers, List<PeerRound>[] results)
    {
        var servers = new MarkdownTable("server", "version", "reloaded by", "s for a reload, median", "longest");
        var quiet = new MarkdownTable(["load", "server", "requests", "refused", "not answered", .. Times]);
        var reloads = new MarkdownTable(["load", "server", "reloads", "requests", "refused", "not answered", "sent again", "lost", .. Times]);
        var kills = new MarkdownTable(
            ["load", "server", "kills", "requests", "in flight there", "came later", "refused", "not answered", "elsewhere", "sent again", "lost", .. Times]);
        for (int one = 0; one < peers.Length; one++)
        {
            double[] seconds = [.. results[one].SelectMany(static round => round.ReloadSeconds)];
            servers.Add(
                peers[one].Peer.Name, peers[one].Version, peers[one].Peer.ReloadBy, ServeReport.Number(Statistics.Median(seconds.ToList())), ServeReport.Number(seconds.Max()));
        }

        for (int load = 0; load < PeerLoad.Names.Length; load++)
        {
            for (int one = 0; one < peers.Length; one++)
            {
                string name = peers[one].Peer.Name;
                var sum = PeerFigures.Sum(results[one].Select(round => round.Quiet[load]));
                quiet.Add([PeerLoad.Names[load], name, ServeReport.Number(sum.Requests), $"{sum.Refused}", $"{sum.Unanswered}", .. TimesOf(sum)]);
                PeerFigures[] of = [.. results[one].SelectMany(round => round.Reloads.Select(figures => figures[load]))];
                sum = PeerFigures.Sum(of);
                reloads.Add(
                    [
                        PeerLoad.Names[load], name, $"{of.Length}", ServeReport.Number(sum.Requests), $"{sum.Refused}", $"{sum.Unanswered}", $"{sum.SentAgain}",
                        $"{sum.Lost}", .. TimesOf(sum),
                    ]);
                of = [.. results[one].SelectMany(round => round.Kills.Select(figures => figures[load]))];
                sum = PeerFigures.Sum(of);
                kills.Add(
                    [
                        PeerLoad.Names[load], name, $"{of.Length}", ServeReport.Number(sum.Requests), $"{sum.InFlight}", $"{sum.Late}", $"{sum.Refused}", $"{sum.Unanswered}",
                        $"{sum.Elsewhere}", $"{sum.SentAgain}", $"{sum.Lost}", .. TimesOf(sum),
                    ]);
            }
        }

        report.Add($"The servers, each with {Peer.Workers} workers", servers);
        report.Add("Undisturbed", quiet);
        report.Add("Reloads", reloads);
        report.Add("SIGKILL of the worker with the most connections", kills);
    }

    private static string[] Times => ["slowest answer, ms", "longest without an answer, ms"];

    private static string[] TimesOf(PeerFigures figures) => [ServeReport.Number(figures.Slowest), ServeReport.Number(figures.Silence)];

    private static void Judge(ServeReport report, List<PeerRound> rounds)
    {
        PeerFigures[] quiet = [.. rounds.SelectMany(static round => round.Quiet)];
        PeerFigures[] reloads = [.. rounds.SelectMany(static round => round.Reloads).SelectMany(static figures => figures)];
        PeerFigures[][] kills = [.. rounds.SelectMany(static round => round.Kills)];
        var killed = PeerFigures.Sum(kills.SelectMany(static figures => figures));
        report.AtMost("tandem serve, undisturbed: not answered or refused", quiet.Sum(static figures => figures.Unanswered + figures.Refused), 0, "");
        report.AtMost("tandem serve, reload: not answered, also where the client sends again", reloads.Sum(static figures => figures.Unanswered), 0, "");
        report.AtMost("tandem serve, reload: refused", reloads.Sum(static figures => figures.Refused), 0, "");
        report.AtMost(
            "tandem serve, SIGKILL: not answered beyond what the killed worker had, most of a kill",
            kills.Max(static figures => Math.Max(0, figures.Sum(static load => load.Unanswered - load.InFlight - load.Late))), 0, "");
        report.AtMost("tandem serve, SIGKILL: not answered on connections of other workers", killed.Elsewhere, 0, "");
        report.AtMost("tandem serve, SIGKILL: refused", killed.Refused, 0, "");
    }

    private static void Print(Peer peer, PeerRound round)
    {
        Console.WriteLine(peer.Name);
        Print("undisturbed", PeerFigures.Sum(round.Quiet));
        Print("reloads", PeerFigures.Sum(round.Reloads.SelectMany(static figures => figures)));
        Print("kills", PeerFigures.Sum(round.Kills.SelectMany(static figures => figures)));
    }

    private static void Print(string what, PeerFigures figures)
    {
        Console.WriteLine(
            $"  {what}: {figures.Answered} answered, {figures.Refused} refused, {figures.Unanswered} not answered ({figures.InFlight} in flight in killed workers, "
            + $"{figures.Late} came later, {figures.Elsewhere} elsewhere), {figures.SentAgain} sent again, {figures.Lost} lost, slowest {figures.Slowest:0} ms");
        foreach (IGrouping<string, Attempt> group in figures.Failures.GroupBy(static attempt => $"{attempt.Failure}: {attempt.Detail}{(attempt.IsSentAgain ? ", sent again" : "")}"))
            Console.WriteLine($"    {group.Count()} × {group.Key}");
    }
}
