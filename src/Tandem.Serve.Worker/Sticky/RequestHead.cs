namespace Tandem.Serve.Worker.Sticky;

/// <summary>Looks into the first bytes of a connection for the cookie that says whose it is. It decides nothing else: the server reads them anew.</summary>
internal static class RequestHead
{
    /// <summary>Reads the head of a request of HTTP/1, as far as it is there.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="cookie">The cookie, where there is a valid one.</param>
    internal static RequestHeadContent Read(ReadOnlySpan<byte> bytes, out StickyCookie cookie)
    {
        cookie = default;
        // What begins otherwise is TLS or no HTTP; HTTP/2 begins with a line that looks like a request's, and goes on in binary.
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
