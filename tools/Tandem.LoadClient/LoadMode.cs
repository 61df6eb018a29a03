namespace Tandem.LoadClient;

/// <summary>How a client uses its connections.</summary>
public enum LoadMode
{
    /// <summary>HTTP/1.1, a connection for each request, on which the server is asked to close it.</summary>
    ConnectionPerRequest,

    /// <summary>HTTP/1.1, one request after the other on a connection that is kept.</summary>
    KeepAlive,

    /// <summary>HTTP/1.1, several requests sent before the first of them is answered. For requests that are small.</summary>
    Pipelined,

    /// <summary>HTTP/2, several streams at a time: with TLS negotiated, without it by prior knowledge.</summary>
    Http2,
}
