using System.Diagnostics;
using System.Net;
using Tandem.LoadClient;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Peers;

/// <summary>A server of the comparison that runs.</summary>
internal sealed class PeerServer : IAsyncDisposable
{
    private static readonly TimeSpan ReloadLimit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan ReplacementLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly Peer _peer;
    private readonly ServerProcess _process;

    private PeerServer(Peer peer, ServerProcess process, int port)
    {
        (_peer, _process) = (peer, process);
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
    }

    internal IPEndPoint EndPoint { get; }

    internal int Pid => _process.Pid;

    internal static async Task<PeerServer> StartAsync(Peer peer, string folder)
    {
        int port = Os.FreePort();
        var process = ServerProcess.Start(peer.Name, peer.Start(port, folder), ("XDG_CACHE_HOME", Path.Combine(folder, "cache")), ("PYTHONDONTWRITEBYTECODE", "1"));
        var server = new PeerServer(peer, process, port);
        try
        {
            await process.WaitForAnswerAsync(new LoadOptions { EndPoint = server.EndPoint, Mode = LoadMode.ConnectionPerRequest, Requests = [LoadRequest.Get(Peer.Path, Peer.Body)] });
            await server.WaitForWorkersAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reloads, and waits until no process that served before is left, and as many others serve.</summary>
    internal async Task ReloadAsync()
    {
        int[] before = [.. Workers().Select(static worker => worker.Pid)];
        await _peer.ReloadAsync(this);
        await WaitAsync(() => !Os.Children(Pid).Intersect(before).Any() && Workers().Length == Peer.Workers, ReloadLimit, "did not finish a reload");
    }

    /// <summary>Waits until as many workers listen as there should be.</summary>
    internal Task WaitForWorkersAsync() => WaitAsync(() => Workers().Length == Peer.Workers, ReplacementLimit, "had not all its workers");

    /// <summary>
    /// Waits until as many workers serve as there should be: one that has just been started has the socket, and may need some time until it takes
    /// connections. Where the load is not spread over all of them, for a while only.
    /// </summary>
    internal async Task WaitForServingWorkersAsync()
    {
        await WaitForWorkersAsync();
        long start = Stopwatch.GetTimestamp();
        HashSet<int> serving = [];
        while (serving.Count < Peer.Workers && Stopwatch.GetElapsedTime(start) < ReplacementLimit)
        {
            serving.UnionWith(Workers().Where(static worker => worker.ClientPorts.Count > 0).Select(static worker => worker.Pid));
            await Task.Delay(LookEvery);
        }
    }

    /// <summary>
    /// Kills the worker that holds the most connections. It is stopped first, for a millisecond or so: what it holds when it dies is then known
    /// exactly, whatever it was about to do.
    /// </summary>
    internal WorkerKill Kill()
    {
        WorkerSockets victim = Workers().MaxBy(static worker => worker.ClientPorts.Count)
            ?? throw new InvalidOperationException($"{_peer.Name} has no worker that could be killed");
        Os.StopProcess(victim.Pid);
        WorkerSockets held = WorkerSockets.Of(victim.Pid, EndPoint.Port);
        long now = Stopwatch.GetTimestamp();
        Os.Signal(victim.Pid, Os.Kill);
        return new WorkerKill(now, held.ClientPorts);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>The children that have the listening socket.</summary>
    private WorkerSockets[] Workers() =>
        [.. Os.Children(Pid).Select(child => WorkerSockets.Of(child, EndPoint.Port)).Where(static worker => worker.Listens)];

    private async Task WaitAsync(Func<bool> isDone, TimeSpan limit, string complaint)
    {
        long start = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            if (!_process.IsRunning || Stopwatch.GetElapsedTime(start) > limit)
                throw new TimeoutException($"{_peer.Name} {(_process.IsRunning ? $"{complaint} within {limit.TotalSeconds} s" : "has ended")}. It said: {string.Join('\n', _process.Tail())}");

            await Task.Delay(LookEvery);
        }
    }
}
