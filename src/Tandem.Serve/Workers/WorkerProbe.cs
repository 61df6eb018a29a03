using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using Tandem.Serve.Listening;

namespace Tandem.Serve.Workers;

/// <summary>
/// Asks one worker, and no other, for a page: over a connection that is handed to it, while it takes none of its own. Plain HTTP/1.1
/// by hand, so that the supervisor stays small.
/// </summary>
internal sealed class WorkerProbe(WebWorker worker, string boundTo)
{
    /// <summary>As much of an answer as has its status: <c>HTTP/1.1 200</c>.</summary>
    private const int StatusLine = 12;

    /// <summary>
    /// Asks, and is content with any answer: also with that of a server that speaks HTTP/2 only, or talks to nobody without a certificate.
    /// </summary>
    internal async Task AskAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await GetAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
        {
            // It has closed the connection: so it has come to look at it.
        }
    }

    /// <summary>Asks until the answer is 2xx or 3xx.</summary>
    internal async Task CheckAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            int status;
            try
            {
                status = await GetAsync(path, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                status = 0;
            }

            if (status == 0)
                status = await GetByHttp2Async(path, cancellationToken).ConfigureAwait(false);
            if (status is >= 200 and < 400)
                return;

            // It may be waiting for something of its own.
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A connection whose other end the worker has.</summary>
    private async Task<NetworkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // By way of the loopback interface, because an application may look at its clients' addresses.
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            await client.ConnectAsync(listener.LocalEndPoint!, cancellationToken).ConfigureAwait(false);
            using Socket server = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            return worker.TryGiveConnection((int)server.Handle, boundTo)
                ? new NetworkStream(client, ownsSocket: true)
                : throw new InvalidOperationException("the worker is gone");
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>For servers that speak nothing else. Apart, because few do, and the client is larger than all of the supervisor.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<int> GetByHttp2Async(string path, CancellationToken cancellationToken)
    {
#pragma warning disable CA5359 // it is this machine's own worker, whosever certificate it has
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) => await ConnectAsync(token).ConfigureAwait(false),
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            AllowAutoRedirect = false,
            UseProxy = false,
        };
#pragma warning restore CA5359
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        try
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri($"{(IsTls() ? "https" : "http")}://localhost{path}"), cancellationToken).ConfigureAwait(false);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    private async Task<int> GetAsync(string path, CancellationToken cancellationToken)
    {
        NetworkStream stream = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            if (!IsTls())
                return await GetAsync(stream, path, cancellationToken).ConfigureAwait(false);

            Stream tls = await EncryptAsync(stream, cancellationToken).ConfigureAwait(false);
            await using (tls.ConfigureAwait(false))
                return await GetAsync(tls, path, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Apart, because a supervisor that does without is a megabyte smaller.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Stream> EncryptAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Whose certificate it is does not matter: it is this machine's own worker.
#pragma warning disable CA5359
        var tls = new SslStream(stream, leaveInnerStreamOpen: true, static (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancellationToken).ConfigureAwait(false);
        return tls;
    }

    /// <summary>Whether the address that the probe goes to is the one with TLS.</summary>
    private bool IsTls()
    {
        if (!worker.Addresses.Any(static address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
            return false;

        string port = EndPointText.Read(boundTo) is IPEndPoint end ? ":" + end.Port.ToString(CultureInfo.InvariantCulture) : boundTo;
        return worker.Addresses.Any(address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase) && address.TrimEnd('/').EndsWith(port, StringComparison.Ordinal));
    }

    private static async Task<int> GetAsync(Stream stream, string path, CancellationToken cancellationToken)
    {
        byte[] request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: tandem-serve\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[4096];
        int length = await stream.ReadAtLeastAsync(buffer, StatusLine, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        string head = Encoding.ASCII.GetString(buffer, 0, Math.Min(length, StatusLine));
        // All of it, so that the worker is not disturbed in sending it.
        while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
        {
        }

        return head.StartsWith("HTTP/1.", StringComparison.Ordinal) && int.TryParse(head.AsSpan(9, 3), CultureInfo.InvariantCulture, out int status) ? status : 0;
    }
}
