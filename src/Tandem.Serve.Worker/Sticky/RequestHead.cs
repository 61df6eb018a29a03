namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// Searches the first bytes of a connection for the sticky cookie. Nothing else depends on it, because the server parses the bytes again.
/// </summary>
internal static class RequestHead
{
    /// <summary>Reads as much of an HTTP/1 request's head as has arrived.</summary>
    /// <param name="bytes">The data that has arrived.</param>
    /// <param name="cookie">The cookie, if there is a valid one.</param>
    internal static RequestHeadContent Read(ReadOnlySpan<byte> bytes, out StickyCookie cookie)
    {
        cookie = default;
        // Other first bytes mean TLS or another protocol. HTTP/2 begins with a line that looks like a request line, followed by binary
        // frames.
        if (!bytes.IsEmpty && bytes[0] is < (byte)'A' or > (byte)'z')
            return RequestHeadContent.NoCookie;
        if (bytes.StartsWith("PRI * HTTP/2"u8))
            return RequestHeadContent.NoCookie;

        bool isFirst = true;
        while (true)
        {
            int end = bytes.IndexOf((byte)'\n');
            if (end < 0)
                return RequestHeadContent.Incomplete;

            ReadOnlySpan<byte> line = bytes[..end].TrimEnd((byte)'\r');
            bytes = bytes[(end + 1)..];
            if (line.IsEmpty)
                return RequestHeadContent.NoCookie;

            if (!isFirst && IsCookie(line) && StickyCookie.TryFind(line["Cookie:".Length..], out cookie))
                return RequestHeadContent.Cookie;

            isFirst = false;
        }
    }

    private static bool IsCookie(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> name = "cookie:"u8;
        if (line.Length < name.Length)
            return false;

        for (int i = 0; i < name.Length; i++)
        {
            if ((line[i] | (line[i] is >= (byte)'A' and <= (byte)'Z' ? 0x20 : 0)) != name[i])
                return false;
        }

        return true;
    }
}
