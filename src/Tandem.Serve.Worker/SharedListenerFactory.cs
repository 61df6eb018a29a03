using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tandem.Serve.Worker;

/// <summary>Creates Kestrel's listeners for the application's addresses, on the supervisor's sockets.</summary>
internal sealed class SharedListenerFactory(ServedWorker worker, IOptions<SocketTransportOptions> options, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        (int descriptor, EndPoint bound) = worker.Listeners.AskForSocket(endpoint, cancellationToken);
        SocketTransportOptions transport = options.Value;
        var connections = new SocketConnectionFactoryOptions
        {
            IOQueueCount = transport.IOQueueCount,
            MaxReadBufferSize = transport.MaxReadBufferSize,
            MaxWriteBufferSize = transport.MaxWriteBufferSize,
            UnsafePreferInlineScheduling = transport.UnsafePreferInlineScheduling,
            WaitForDataBeforeAllocatingBuffer = transport.WaitForDataBeforeAllocatingBuffer,
        };
        var factory = new SocketConnectionContextFactory(
            connections, loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
        var listener = new SharedListener(worker, descriptor, bound, factory, delays: !transport.NoDelay && bound is IPEndPoint);
        worker.Listeners.Add(listener);
        return new(listener);
    }
}
