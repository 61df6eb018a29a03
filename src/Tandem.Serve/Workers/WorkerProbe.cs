using System.Diagnostics.CodeAnalysis;
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
/// <param name="give">Hands the worker the other end of a connection; whether it could.</param>
/// <param name="isTls">Whether it speaks TLS there.</param>
internal sealed class WorkerProbe(Func<int, bool> give, bool isTls)
{
    /// <summary>As much of an answer as has its status: <c>HTTP/1.1 200</c>.</summary>
    private const int StatusLine = 12;

    /// <summary>How long the rest of an answer is waited for: some never end, such as events.</summary>
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(1);

    private int _lastStatus;

    /// <summary>What <see cref="CheckAsync"/> met last, for people.</summary>
    internal string LastAnswer => _lastStatus switch
    {
        0 => "does not answer",
        400 => "answers 400; it was asked as host 'localhost', which the application's AllowedHosts must allow",
        _ => string.Create(CultureInfo.InvariantCulture, $"answers {_lastStatus}"),
    };

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
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
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

            // Kestrel's word for HTTP/1 where it speaks nothing but HTTP/2, without TLS.
            if (status is 0 or 400 && await GetByHttp2Async(path, cancellationToken).ConfigureAwait(false) is > 0 and var other)
                status = other;
            if (status is >= 200 and < 400)
                return;

            _lastStatus = status;

            // It may be waiting for something of its own.
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A connection whose other end the worker has.</summary>
    private NetworkStream Connect()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // By way of the loopback interface, because an application may look at its clients' addresses.
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            client.Connect(listener.LocalEndPoint!); // the system does it, whether or not somebody accepts
            using Socket server = listener.Accept();
            return give((int)server.Handle)
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
            ConnectCallback = (_, _) => new(Connect()),
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            AllowAutoRedirect = false,
            UseProxy = false,
        };
#pragma warning restore CA5359
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        try
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri($"{(isTls ? "https" : "http")}://localhost{path}"), cancellationToken).ConfigureAwait(false);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    /// <summary>The status of the answer; 0 for something else than an answer.</summary>
    private async Task<int> GetAsync(string path, CancellationToken cancellationToken)
    {
        Stream stream = Connect();
        try
        {
            if (isTls)
                stream = await EncryptAsync(stream, cancellationToken).ConfigureAwait(false);

            byte[] request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: tandem-serve\r\nAccept: */*\r\nConnection: close\r\n\r\n");
            await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
            var buffer = new byte[4096];
            int length = await stream.ReadAtLeastAsync(buffer, StatusLine, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            string head = Encoding.ASCII.GetString(buffer, 0, Math.Min(length, StatusLine));
            await ReadRestAsync(stream, buffer, cancellationToken).ConfigureAwait(false);
            return head.StartsWith("HTTP/1.", StringComparison.Ordinal) && int.TryParse(head.AsSpan(9, 3), CultureInfo.InvariantCulture, out int status) ? status : 0;
        }
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>So that the worker is not disturbed in sending it.</summary>
    private static async Task ReadRestAsync(Stream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(RestLimit);
        try
        {
            while (await stream.ReadAsync(buffer, limit.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The answer has begun: that will do.
        }
    }

    /// <summary>Apart, because a supervisor that does without is a megabyte smaller.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Stream> EncryptAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Whose certificate it is does not matter: it is this machine's own worker.
#pragma warning disable CA5359
        var tls = new SslStream(stream, leaveInnerStreamOpen: false, static (_, _, _, _) => true);
#pragma warning restore CA5359
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether one of several addresses is the one with TLS.</summary>
    /// <param name="addresses">All, as the application shows them.</param>
    /// <param name="boundTo">The one, as it was bound.</param>
    internal static bool IsTls(string[] addresses, string boundTo)
    {
        string[] encrypted = [.. addresses.Where(static address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase))];
        if (encrypted.Length == 0)
            return false;

        string port = EndPointText.Read(boundTo) is IPEndPoint end ? ":" + end.Port.ToString(CultureInfo.InvariantCulture) : boundTo;
        return encrypted.Any(address => address.TrimEnd('/').EndsWith(port, StringComparison.Ordinal));
    }
}
