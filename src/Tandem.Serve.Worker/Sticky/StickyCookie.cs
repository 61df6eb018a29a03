using System.Buffers.Text;
using System.Globalization;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// The cookie that routes a client to its worker. Neither part reveals anything, and knowing another client's cookie is useless.
/// </summary>
/// <param name="Worker">The worker's id.</param>
/// <param name="Client">
/// A random number of the client. When the worker is gone, this number distributes its clients, and selects the same worker for all
/// requests of one client.
/// </param>
internal readonly record struct StickyCookie(long Worker, long Client)
{
    internal const string Name = "tandem-worker";

    private static ReadOnlySpan<byte> Prefix => "tandem-worker="u8;

    private const int Digits = 16;
    private const int Length = 2 * Digits + 1;
    private const byte Separator = (byte)'.';

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Worker:x16}.{Client:x16}");

    /// <summary>Finds the first valid cookie in the value of a <c>Cookie</c> header.</summary>
    internal static bool TryFind(ReadOnlySpan<byte> header, out StickyCookie cookie)
    {
        foreach (Range range in header.Split((byte)';'))
        {
            ReadOnlySpan<byte> pair = header[range].Trim((byte)' ');
            if (pair.StartsWith(Prefix) && TryParse(pair[Prefix.Length..].Trim((byte)'"'), out cookie))
                return true;
        }

        cookie = default;
        return false;
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out StickyCookie cookie)
    {
        cookie = default;
        if (text.Length != Length || text[Digits] != Separator)
            return false;
        if (!TryParseNumber(text[..Digits], out long worker) || !TryParseNumber(text[(Digits + 1)..], out long client))
            return false;

        cookie = new StickyCookie(worker, client);
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<byte> text, out long number) =>
        Utf8Parser.TryParse(text, out number, out int read, 'x') && read == text.Length;
}
