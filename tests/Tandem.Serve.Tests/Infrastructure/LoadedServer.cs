using System.Net;
using System.Security.Cryptography.X509Certificates;
using Tandem.LoadClient;

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>A server with an encrypted port and a plain one, for load.</summary>
internal sealed class LoadedServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly X509Certificate2 _certificate;
    private readonly int _encryptedPort;

    private LoadedServer(ServeProcess serve, TemporaryFolder folder, X509Certificate2 certificate, int encryptedPort)
    {
        Serve = serve;
        _folder = folder;
        _certificate = certificate;
        _encryptedPort = encryptedPort;
    }

    internal ServeProcess Serve { get; }

    internal static Task<LoadedServer> StartAsync(params string[] options) => StartAsync(speaksHttp2Only: false, options);

    /// <summary>Without TLS there is no word about the version, so a port speaks either.</summary>
    internal static async Task<LoadedServer> StartAsync(bool speaksHttp2Only, params string[] options)
    {
        var folder = new TemporaryFolder();
        X509Certificate2 certificate = ServingTests.CreateCertificate();
        File.WriteAllBytes(folder["own.pfx"], certificate.Export(X509ContentType.Pkcs12));
        int port = Ports.Free();
        ServeProcess serve = ServeProcess.Launch(
            [.. options, Paths.App, "--", "--urls", "http://127.0.0.1:0", "--https-port", $"{port}", "--certificate", folder["own.pfx"], .. speaksHttp2Only ? (string[])["--Kestrel:EndpointDefaults:Protocols=Http2"] : []]);
        var server = new LoadedServer(serve, folder, certificate, port);
        try
        {
            await serve.ServingAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    internal LoadOptions Options(LoadMode mode, bool isEncrypted) => new()
    {
        EndPoint = isEncrypted ? new IPEndPoint(IPAddress.Loopback, _encryptedPort) : Serve.EndPoint,
        Mode = mode,
        LooksFirst = mode == LoadMode.KeepAlive,
        AnswerTimeout = Limits.Condition,
        Certificate = isEncrypted ? _certificate : null,
    };

    public async ValueTask DisposeAsync()
    {
        await Serve.DisposeAsync();
        _certificate.Dispose();
        _folder.Dispose();
    }
}
