using Tandem.LoadClient;

namespace Tandem.ServeBench.Servers;

/// <summary>
/// Servers beside each other whose compilers have done what they do under load. For the first 15 seconds those take a fifth of a processor
/// in each process: what is measured then tells more of how many processes there are than of how they serve.
/// </summary>
internal sealed class WarmServers : IAsyncDisposable
{
    internal const int Clients = 64;

    /// <summary>What they are loaded with.</summary>
    internal static readonly (LoadRequest Request, Transport Transport)[] Loads =
    [
        (LoadRequest.Plaintext, Transport.KeepAlive),
        (LoadRequest.Plaintext, Transport.Close),
        (LoadRequest.Json, Transport.KeepAlive),
        (LoadRequest.Json, Transport.Close),
    ];

    private readonly List<Server> _servers = [];

    private WarmServers()
    {
    }

    internal IReadOnlyList<Server> All => _servers;

    internal static async Task<WarmServers> StartAsync(Lab lab, IEnumerable<ServerCommand> commands)
    {
        var own = new WarmServers();
        try
        {
            foreach (ServerCommand command in commands)
                own._servers.Add(await Server.StartAsync(command, Transport.KeepAlive));

            foreach ((LoadRequest request, Transport transport) in Loads)
            {
                foreach (Server server in own._servers)
                    await LoadRun.RunAsync(Load(server, request, transport) with { Duration = TimeSpan.FromSeconds(lab.Options.Quick ? 3 : 10) });
            }

            return own;
        }
        catch
        {
            await own.DisposeAsync();
            throw;
        }
    }

    /// <summary>As many clients as there are in all comparisons, as fast as they can.</summary>
    internal static LoadOptions Load(Server server, LoadRequest request, Transport transport) =>
        transport.Apply(new LoadOptions { EndPoint = server.EndPoint, Clients = Clients, Requests = [request] });

    public async ValueTask DisposeAsync()
    {
        foreach (Server server in _servers)
            await server.DisposeAsync();
    }
}
