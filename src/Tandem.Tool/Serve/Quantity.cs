using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tandem.Tool.Serve;

/// <summary>Parses times, sizes and addresses in the form in which users write them.</summary>
internal static class Quantity
{
    private static readonly (string Unit, double Milliseconds)[] Times =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1_000)];

    private static readonly (string Unit, double Bytes)[] Sizes =
        [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("B", 1), ("", 1)];

    /// <summary>Parses a number with the unit ms, s, m, h or d; without a unit, in seconds. Null for anything else.</summary>
    internal static TimeSpan? Duration(string text) =>
        Number(text, Times) is { } milliseconds and < 86_400_000.0 * 24 ? TimeSpan.FromMilliseconds(milliseconds) : null;

    /// <summary>Parses a number with the unit K, M or G (multiples of 1024), or without a unit, in bytes. Null for anything else.</summary>
    internal static long? Size(string text) => Number(text, Sizes) is { } bytes and < long.MaxValue / 2 ? (long)bytes : null;

    /// <summary>
    /// Parses a port (of the loopback interface), or <c>address:port</c>; <c>*</c> means all addresses. Null for anything else.
    /// </summary>
    internal static IPEndPoint? Address(string text)
    {
        int colon = text.LastIndexOf(':');
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            return null;
        if (colon < 0)
            return new IPEndPoint(IPAddress.Loopback, port);

        string address = text[..colon];
        if (address == "*")
            return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);

        bool isBracketed = address is ['[', .., ']'];
        return IPAddress.TryParse(address, out IPAddress? parsed) && isBracketed == (parsed.AddressFamily == AddressFamily.InterNetworkV6)
            ? new IPEndPoint(parsed, port)
            : null;
    }

    private static double? Number(string text, (string Unit, double Factor)[] units)
    {
        foreach ((string unit, double factor) in units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(
                    text.AsSpan(0, text.Length - unit.Length),
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out double number))
            {
                return number * factor;
            }
        }

        return null;
    }
}
