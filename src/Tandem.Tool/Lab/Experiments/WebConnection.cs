using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>A connection to a server for consecutive requests. Unlike HTTP clients, it never repeats a request by itself.</summary>
internal sealed class WebConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[4096];

    internal static async Task<WebConnection> OpenAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        var connection = new WebConnection();
        try
        {
            await connection._socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    internal static byte[] Request(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");

    /// <summary>Sends a request, and reads the response.</summary>
    /// <exception cref="IOException">The connection ended before the response did, or the response is an error.</exception>
    /// <exception cref="SocketException">The connection failed.</exception>
    internal async Task AskAsync(byte[] request, CancellationToken cancellationToken)
    {
        await _socket.SendAsync(request, cancellationToken).ConfigureAwait(false);
        int have = 0;
        while (true)
        {
            int read = await _socket.ReceiveAsync(_answer.AsMemory(have), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw new IOException("The server closed the connection.");

            have += read;
            if (IsWhole(_answer.AsSpan(0, have)))
                return;
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        int end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        if (!answer.StartsWith("HTTP/1.1 200"u8))
            throw new IOException($"The server answered {Encoding.ASCII.GetString(answer[..answer.IndexOf((byte)'\r')])}.");

        ReadOnlySpan<byte> name = "Content-Length: "u8;
        int at = answer.IndexOf(name);
        ReadOnlySpan<byte> number = answer[(at + name.Length)..];
        return answer.Length - end - 4 >= int.Parse(number[..number.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
    }
}
