using System.Net;
using Tandem.LoadClient;

namespace Tandem.ServeBench.Peers;

/// <summary>One of the loads that a server has, all at the same time.</summary>
internal sealed class PeerLoad
{
    private readonly List<Attempt> _attempts = [];
    private readonly LoadRun _run;

    private PeerLoad(LoadOptions options) => _run = LoadRun.Start(options with { Observer = Note });

    /// <summary>The loads' names, in the order of <see cref="StartAll"/>.</summary>
    internal static string[] Names { get; } = ["kept, a request each 50 ms", "kept, a request each 1.5 s", "connection per request"];

    /// <summary>
    /// Puts all loads on a server: 32 clients with a request each 50 ms on kept connections, 64 with a request each 1.5 s, and 16 with a connection
    /// for each request, one each 50 ms.
    /// </summary>
    internal static PeerLoad[] StartAll(IPEndPoint endPoint)
    {
        TimeSpan interval = TimeSpan.FromMilliseconds(50);
        var load = new LoadOptions { EndPoint = endPoint, Requests = [LoadRequest.Get(Peer.Path, Peer.Body)], SendsAgain = true };
        return
        [
            new PeerLoad(load with { Clients = 32, Interval = interval }),
            new PeerLoad(load with { Clients = 64, Interval = TimeSpan.FromSeconds(1.5) }),
            new PeerLoad(load with { Clients = 16, Interval = interval, Mode = LoadMode.ConnectionPerRequest }),
        ];
    }

    /// <summary>Sends no more requests, and waits for the answers.</summary>
    internal async Task<PeerLog> StopAsync()
    {
        await _run.StopAsync();
        lock (_attempts)
            return new PeerLog([.. _attempts.OrderBy(static attempt => attempt.Ended)]);
    }

    private void Note(Attempt attempt)
    {
        lock (_attempts)
            _attempts.Add(attempt);
    }
}
