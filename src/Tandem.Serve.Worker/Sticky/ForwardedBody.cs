using System.Net;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>A request's body on its way to another worker, as it comes.</summary>
internal sealed class ForwardedBody(Stream body) : HttpContent
{
    /// <summary>Whether any of it was asked for: then the request cannot be served by anybody else.</summary>
    internal bool HasBegun { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        return StreamCopy.CopyAsync(body, stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false; // the header says it, where the client has
    }
}
