using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Peers;

/// <summary>Puma in cluster mode, reloaded by phased restarts, for which it must not load the application before it forks.</summary>
internal sealed class PumaPeer : Peer
{
    /// <summary>More than its 5, because each of its threads waits for the next request of a kept connection that is in use.</summary>
    private const int Threads = 64;

    private static readonly string App =
        $$"""
        run ->(_env) { sleep {{DelayMilliseconds}} / 1000.0; [200, { "content-type" => "text/plain", "content-length" => "{{Body.Length}}" }, ["{{Body}}"]] }

        """;

    internal override string Name => "Puma";

    internal override string Packages => "puma";

    internal override string ReloadBy => "USR1, a phased restart";

    internal override string? FindVersion() => VersionOf("puma", "--version");

    internal override string[] Start(int port, string folder)
    {
        string app = Write(folder, "config.ru", App);
        string configuration = Write(folder, "puma.rb", $"workers {Workers}\nthreads {Threads}, {Threads}\npreload_app! false\nenvironment \"production\"\nbind \"tcp://127.0.0.1:{port}\"\n");
        return [Find("puma")!, "-C", configuration, "--dir", folder, app];
    }

    internal override Task ReloadAsync(PeerServer server)
    {
        Os.Signal(server.Pid, Os.UserSignal1);
        return Task.CompletedTask;
    }
}
