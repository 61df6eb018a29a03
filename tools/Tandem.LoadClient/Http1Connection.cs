using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Tandem.LoadClient;

/// <summary>A connection for HTTP/1.1, with or without TLS.</summary>
internal sealed class Http1Connection : IDisposable
{
    private readonly Socket _socket;

    internal Http1Connection(LoadOptions options) =>
        _socket = new Socket(options.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    internal Stream Stream { get; private set; } = Stream.Null;

    /// <summary>How many answers came.</summary>
    internal long Answers { get; set; }

    /// <summary>The process that answers, once that is known.</summary>
    internal int Pid { get; set; }

    /// <summary>When it was made, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> counts.</summary>
    internal long Connected { get; private set; }

    /// <summary>This side's port; 0 unless attempts are observed.</summary>
    internal int Port { get; private set; }

    /// <summary>Whether the server has closed it, when no answer is due: what can be read then is the end, or with TLS the word that it comes.</summary>
    internal bool IsClosedByServer => _socket.Poll(0, SelectMode.SelectRead);

    internal async ValueTask ConnectAsync(LoadOptions options)
    {
        await _socket.ConnectAsync(options.EndPoint);
        if (options.Observer is null)
            return;

        Connected = Stopwatch.GetTimestamp();
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    internal async ValueTask OpenStreamAsync(LoadOptions options)
    {
        var plain = new NetworkStream(_socket, ownsSocket: false);
        if (!options.Tls)
        {
            Stream = plain;
            return;
        }

        var tls = new SslStream(plain);
        Stream = tls;
        await tls.AuthenticateAsClientAsync(options.Authentication);
    }

    public void Dispose()
    {
        // The socket first: what is under way on it ends then.
        _socket.Dispose();
        Stream.Dispose();
    }
}
