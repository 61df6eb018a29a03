using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Peers;

/// <summary><c>tandem serve</c>, as it is by default.</summary>
internal sealed class TandemPeer(ServerCommand command) : Peer
{
    private string _control = "";

    internal override string Name => "tandem serve";

    internal override string? Packages => null;

    internal override string ReloadBy => "`serve reload`";

    internal override string FindVersion() => $".NET {Environment.Version}";

    internal override string[] Start(int port, string folder)
    {
        _control = System.IO.Path.Combine(folder, "tandem.sock");
        return command.Start($"http://127.0.0.1:{port}", _control, []);
    }

    internal override Task ReloadAsync(PeerServer server) => command.TellAsync(_control, "reload");
}
