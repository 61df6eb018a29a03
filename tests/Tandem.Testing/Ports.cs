using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tandem.Testing;

/// <summary>Ports for programs that have to be told one.</summary>
public static class Ports
{
    /// <summary>From here on ports are nobody's that is known.</summary>
    private const int First = 20_000;

    private static readonly int Last = Math.Min(FirstEphemeral() - 1, 32_000);

    // Test projects may run beside each other, so each begins elsewhere.
    private static int s_next = Random.Shared.Next(0, 1 << 30);

    /// <summary>
    /// A port of the loopback interface that nobody uses, and that nobody else is given: the system chooses others for connections, and for programs
    /// that leave it the choice, and each call here returns another one.
    /// </summary>
    public static int Free()
    {
        if (Last <= First)
            return TryBind(0); // the system gives away all ports

        while (true)
        {
            int port = First + (Interlocked.Increment(ref s_next) & int.MaxValue) % (Last - First);
            if (TryBind(port) == port)
                return port;
        }
    }

    private static int TryBind(int port)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return ((IPEndPoint)listener.LocalEndPoint!).Port;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return -1;
        }
    }

    /// <summary>The first of the ports that the system gives away: ip(7).</summary>
    private static int FirstEphemeral()
    {
        const string File = "/proc/sys/net/ipv4/ip_local_port_range";
        return System.IO.File.Exists(File)
            ? int.Parse(System.IO.File.ReadAllText(File).Split('\t', ' ')[0], CultureInfo.InvariantCulture)
            : 0;
    }
}
