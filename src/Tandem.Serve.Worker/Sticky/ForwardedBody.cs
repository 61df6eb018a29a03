using System.Net;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>The body of a request that is forwarded to another worker, as a stream.</summary>
internal sealed class ForwardedBody(Stream body) : HttpContent
{
    /// <summary>Whether any of it was read: then the request can no longer be served elsewhere.</summary>
    internal bool HasBegun { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        return StreamCopy.CopyAsync(body, stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false; // the Content-Length header is forwarded, if there is one
    }
}
