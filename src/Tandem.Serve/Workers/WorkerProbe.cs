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
/// Sends requests to one particular worker, over a connection that is handed over to it while it accepts none of its own. It writes plain
/// HTTP/1.1 itself, so that the supervisor stays small.
/// </summary>
/// <param name="give">Passes the other end of a connection to the worker; returns whether that was possible.</param>
/// <param name="isTls">Whether the worker uses TLS on this address.</param>
/// <param name="time">The server's clock.</param>
internal sealed class WorkerProbe(Func<int, bool> give, bool isTls, TimeProvider time)
{
    /// <summary>The length of the beginning of a response that contains its status: <c>HTTP/1.1 200</c>.</summary>
    private const int StatusLine = 12;

    /// <summary>How long the rest of a response is read: some responses never end, such as server-sent events.</summary>
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(1);

    private int _lastStatus; // 0 if the last request got no answer

    /// <summary>The last result of <see cref="CheckAsync"/>, as text for users.</summary>
    internal string LastAnswer => _lastStatus switch
    {
        0 => "does not answer",
        400 => "answers 400; the request's host is 'localhost', which the application's AllowedHosts must allow",
        _ => string.Create(CultureInfo.InvariantCulture, $"answers {_lastStatus}"),
    };

    /// <summary>
    /// Sends a request and accepts any answer, also that of a server that supports only HTTP/2 or requires a client certificate.
    /// </summary>
    internal async Task AskAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await GetAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
        {
            // The worker closed the connection, so it has handled it.
        }
    }

    /// <summary>Sends requests until the answer is 2xx or 3xx.</summary>
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

            // Kestrel answers an HTTP/1 request with 400 if it supports only HTTP/2 there, without TLS.
            if (status is 0 or 400 && await GetByHttp2Async(path, cancellationToken).ConfigureAwait(false) is > 0 and var other)
                status = other;
            if (status is >= 200 and < 400)
                return;

            _lastStatus = status;

            // Wait, because the worker itself may be waiting for something.
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Creates a connection and passes its other end to the worker.</summary>
    private NetworkStream Connect()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Over the loopback interface, because an application may check its clients' addresses.
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            client.Connect(listener.LocalEndPoint!); // the system completes it before the accept
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

    /// <summary>
    /// Sends a request over HTTP/2, for servers that support nothing else. A separate method, because few servers need it and the HTTP
    /// client is larger than the rest of the supervisor.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<int> GetByHttp2Async(string path, CancellationToken cancellationToken)
    {
#pragma warning disable CA5359 // the certificate does not matter, because the worker is on this machine
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => new(Connect()),
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            AllowAutoRedirect = false,
            UseProxy = false,
        };
#pragma warning restore CA5359
        using var client = new HttpClient(handler)
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        try
        {
            using HttpResponseMessage response = await client.GetAsync(
                new Uri($"{(isTls ? "https" : "http")}://localhost{path}"), cancellationToken).ConfigureAwait(false);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    /// <summary>Sends a request over HTTP/1.1; returns the status of the response, or 0 if the answer is not HTTP/1.</summary>
    private async Task<int> GetAsync(string path, CancellationToken cancellationToken)
    {
        Stream stream = Connect();
        try
        {
            if (isTls)
                stream = await EncryptAsync(stream, cancellationToken).ConfigureAwait(false);

            byte[] request = Encoding.ASCII.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: tandem-serve\r\nAccept: */*\r\nConnection: close\r\n\r\n");
            await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
            var buffer = new byte[4096];
            int length = await stream.ReadAtLeastAsync(buffer, StatusLine, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            string head = Encoding.ASCII.GetString(buffer, 0, Math.Min(length, StatusLine));
            await ReadRestAsync(stream, buffer, cancellationToken).ConfigureAwait(false);
            return head.StartsWith("HTTP/1.", StringComparison.Ordinal)
                && int.TryParse(head.AsSpan(9, 3), CultureInfo.InvariantCulture, out int status)
                    ? status
                    : 0;
        }
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reads the rest of the response, so that the worker can send it without an error.</summary>
    private async Task ReadRestAsync(Stream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        using var rest = new CancellationTokenSource(RestLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, rest.Token);
        try
        {
            while (await stream.ReadAsync(buffer, limit.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The response has begun, which is sufficient.
        }
    }

    /// <summary>Starts TLS. A separate method, because the supervisor needs a megabyte less without it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Stream> EncryptAsync(Stream stream, CancellationToken cancellationToken)
    {
        // The certificate does not matter, because the worker is on this machine.
#pragma warning disable CA5359
        var tls = new SslStream(stream, leaveInnerStreamOpen: false, static (_, _, _, _) => true);
#pragma warning restore CA5359
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancellationToken)
                .ConfigureAwait(false);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether an address uses TLS.</summary>
    /// <param name="addresses">All addresses, as the application reports them.</param>
    /// <param name="boundTo">The address in question, as it was bound.</param>
    internal static bool IsTls(string[] addresses, string boundTo)
    {
        string[] encrypted = [.. addresses.Where(static address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase))];
        if (encrypted.Length == 0)
            return false;

        string port = EndPointText.Read(boundTo) is IPEndPoint end ? ":" + end.Port.ToString(CultureInfo.InvariantCulture) : boundTo;
        return encrypted.Any(address => address.TrimEnd('/').EndsWith(port, StringComparison.Ordinal));
    }
}
