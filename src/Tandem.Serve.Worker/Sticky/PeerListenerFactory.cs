using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>Provides the second server with the connections that other workers make.</summary>
internal sealed class PeerListenerFactory(PeerListener listener) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(listener);
}
