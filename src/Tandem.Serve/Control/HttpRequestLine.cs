namespace Tandem.Serve.Control;

/// <summary>The request line of an HTTP/1 request.</summary>
/// <param name="Method">GET, HEAD and so on.</param>
/// <param name="Path">The path without its query.</param>
internal readonly record struct HttpRequestLine(string Method, string Path)
{
    /// <summary>Parses the request line; null if it is not one of HTTP/1.</summary>
    internal static HttpRequestLine? Read(string head)
    {
        int end = head.IndexOfAny(['\r', '\n']);
        string[] parts = (end < 0 ? head : head[..end]).Split(' ');
        if (parts is not [{ Length: > 0 } method, ['/', ..] target, var version]
            || !version.StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            return null;
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return new HttpRequestLine(method, query < 0 ? target : target[..query]);
    }
}
