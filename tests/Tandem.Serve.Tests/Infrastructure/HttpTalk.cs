using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>A connection on which `/` is asked for by hand, and nothing is asked for again.</summary>
internal sealed class HttpTalk : IDisposable
{
    private const string End = "Hello, World!\r\n0\r\n\r\n"; // the last chunk

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private HttpTalk()
    {
    }

    internal static async Task<HttpTalk> ConnectAsync(IPEndPoint endPoint)
    {
        var talk = new HttpTalk();
        await talk._socket.ConnectAsync(endPoint);
        return talk;
    }

    internal Task SendAsync() => SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

    /// <summary>Sends any request.</summary>
    internal async Task SendAsync(string request) => await _socket.SendAsync(Encoding.ASCII.GetBytes(request));

    /// <summary>All that comes until the server closes the connection.</summary>
    internal async Task<string> ReceiveToEndAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (await _socket.ReceiveAsync(buffer) is > 0 and var read)
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));

        return text.ToString();
    }

    /// <summary>All of the answer.</summary>
    internal async Task<string> ReceiveAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().EndsWith(End, StringComparison.Ordinal))
        {
            int read = await _socket.ReceiveAsync(buffer);
            Assert.True(read > 0, $"The connection was closed after '{text}'.");
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    internal async Task<string> AskAsync()
    {
        await SendAsync();
        return await ReceiveAsync();
    }

    public void Dispose() => _socket.Dispose();
}
