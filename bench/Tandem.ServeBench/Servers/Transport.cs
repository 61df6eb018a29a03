using System.Security.Cryptography.X509Certificates;
using Tandem.LoadClient;

namespace Tandem.ServeBench.Servers;

/// <summary>What is spoken with a server: how the server is to be configured, and how the load is to be made.</summary>
/// <param name="Name">In the report.</param>
/// <param name="Mode">How connections are used.</param>
/// <param name="Certificate">The server's, for TLS.</param>
/// <param name="AppArguments">What configures the application; all of it is Kestrel's own configuration.</param>
internal sealed record Transport(string Name, LoadMode Mode, X509Certificate2? Certificate, string[] AppArguments)
{
    internal static readonly Transport Close = new("connection per request", LoadMode.ConnectionPerRequest, null, []);

    internal static readonly Transport KeepAlive = new("keep-alive", LoadMode.KeepAlive, null, []);

    internal static readonly Transport Pipelined = new("pipelined", LoadMode.Pipelined, null, []);

    internal static readonly Transport Http2 = new("HTTP/2", LoadMode.Http2, null, ["--Kestrel:EndpointDefaults:Protocols=Http2"]);

    /// <summary>The load's options, such that they fit.</summary>
    internal LoadOptions Apply(LoadOptions options) => options with { Mode = Mode, Certificate = Certificate };
}
