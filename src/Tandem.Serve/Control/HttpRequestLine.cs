namespace Tandem.Serve.Control;

/// <summary>The first line of a request of HTTP/1.</summary>
/// <param name="Method">GET, HEAD and so on.</param>
/// <param name="Path">The path without its query.</param>
internal readonly record struct HttpRequestLine(string Method, string Path)
{
    /// <summary>Reads the first line; null where it is none of HTTP/1.</summary>
    internal static HttpRequestLine? Read(string head)
    {
        int end = head.IndexOfAny(['\r', '\n']);
        string[] parts = (end < 0 ? head : head[..end]).Split(' ');
        if (parts is not [{ Length: > 0 } method, ['/', ..] target, var version] || !version.StartsWith("HTTP/1.", StringComparison.Ordinal))
            return null;

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return new HttpRequestLine(method, query < 0 ? target : target[..query]);
    }
}
