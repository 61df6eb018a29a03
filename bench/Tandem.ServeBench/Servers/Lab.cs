using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tandem.LoadClient;
using Tandem.ServeBench.Report;

namespace Tandem.ServeBench.Servers;

/// <summary>What experiments need.</summary>
internal sealed class Lab : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tandem-serve-bench-");
    private readonly X509Certificate2 _certificate;
    private readonly string[] _tlsArguments;

    internal Lab(ServeBenchOptions options, ServeReport report)
    {
        (Options, Report) = (options, report);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(7));
        string file = Path.Combine(_folder.FullName, "certificate.pfx");
        File.WriteAllBytes(file, _certificate.Export(X509ContentType.Pkcs12));
        _tlsArguments = [$"--Kestrel:Certificates:Default:Path={file}"];
    }

    internal ServeBenchOptions Options { get; }

    internal ServeReport Report { get; }

    internal bool HasTool => File.Exists(Options.Tool);

    internal ServerCommand Plain => AsAsked(ServerCommand.Plain(Options.App));

    internal Transport Tls => new("keep-alive, TLS", LoadMode.KeepAlive, _certificate, _tlsArguments);

    internal Transport Http2Tls => new("HTTP/2, TLS", LoadMode.Http2, _certificate, _tlsArguments);

    internal Transport[] AllTransports => [Transport.Close, Transport.KeepAlive, Transport.Pipelined, Tls, Transport.Http2, Http2Tls];

    internal ServerCommand Serve(int workers) => AsAsked(ServerCommand.Serve(Options.Tool, Options.App, workers));

    internal ServerCommand EmptyServe(int workers) => AsAsked(ServerCommand.Serve(Options.Tool, Options.EmptyApp, workers));

    /// <summary>The plain server, and with the tool the same application behind it on so many workers.</summary>
    internal ServerCommand[] Contenders(params int[] workers) => Contenders(Plain, Serve, workers);

    /// <summary>The same with an application that does nothing.</summary>
    internal ServerCommand[] EmptyContenders(params int[] workers) => Contenders(AsAsked(ServerCommand.Plain(Options.EmptyApp)), EmptyServe, workers);

    private ServerCommand AsAsked(ServerCommand command) => command with { HasSession = Options.OwnSession, Cache = Path.Combine(_folder.FullName, "cache") };

    private ServerCommand[] Contenders(ServerCommand plain, Func<int, ServerCommand> serve, int[] workers) =>
        [plain, .. HasTool ? workers.Select(serve) : []];

    /// <summary>A folder for one server, which goes with the lab's own at the latest.</summary>
    internal DirectoryInfo CreateFolder() => _folder.CreateSubdirectory(Path.GetRandomFileName());

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }
}
