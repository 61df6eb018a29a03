using System.Net;
using System.Net.Sockets;

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>A client as a browser is one: with its cookies, and here with a connection for each request unless told otherwise.</summary>
internal sealed class StickyClient : IDisposable
{
    internal const string CookieName = "tandem-worker";

    private readonly HttpClient _client;

    internal StickyClient(Uri address, bool keepsAlive = false, string? from = null, CookieContainer? cookies = null)
    {
        Cookies = cookies ?? new CookieContainer();
        var handler = new SocketsHttpHandler
        {
            CookieContainer = Cookies,
            SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost" },
        };
        if (from is not null)
            handler.ConnectCallback = async (context, token) => await ConnectAsync(from, context.DnsEndPoint, token);
        _client = new HttpClient(handler) { BaseAddress = address };
        _client.DefaultRequestHeaders.ConnectionClose = keepsAlive ? null : true;
    }

    internal CookieContainer Cookies { get; }

    /// <summary>The cookie by which it comes to its worker; null where it has none.</summary>
    internal string? Cookie
    {
        get => Cookies.GetCookies(_client.BaseAddress!)[CookieName]?.Value;
        set => Cookies.Add(_client.BaseAddress!, new Cookie(CookieName, value));
    }

    internal async Task<int> ProcessAsync(Version? version = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/pid") { Version = version ?? HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await SendAsync(request);
        return int.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Which worker answers each of several requests, on a connection each.</summary>
    internal async Task<int[]> ProcessesAsync(int requests)
    {
        var all = new int[requests];
        for (int i = 0; i < requests; i++)
            all[i] = await ProcessAsync();

        return all;
    }

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _client.SendAsync(request, TestContext.Current.CancellationToken);

    public void Dispose() => _client.Dispose();

    private static async Task<Stream> ConnectAsync(string from, DnsEndPoint to, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(to, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
