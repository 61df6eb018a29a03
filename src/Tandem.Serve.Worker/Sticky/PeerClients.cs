using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Tandem.Interop;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// HTTP clients for forwarding requests, one per other worker. A client connects by passing one end of a pair of sockets to that worker.
/// </summary>
/// <param name="peers">The mailboxes of other workers.</param>
/// <param name="time">The worker's clock.</param>
internal sealed class PeerClients(PeerTable peers, TimeProvider time)
{
    /// <summary>How long an idle connection is kept.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<long, Lazy<HttpMessageInvoker>> _clients = new();

    internal HttpMessageInvoker Of(long worker, KestrelServerOptions options) =>
        _clients.GetOrAdd(
            worker, static (id, state) => new(() => state.Self.Create(id, state.Options)), (Self: this, Options: options)).Value;

    /// <summary>Removes the clients of workers that are gone.</summary>
    internal void Prune(Board board)
    {
        foreach ((long id, Lazy<HttpMessageInvoker> client) in _clients)
        {
            if (!board.Has(id) && _clients.TryRemove(id, out _) && client.IsValueCreated)
                client.Value.Dispose();
        }
    }

    private HttpMessageInvoker Create(long worker, KestrelServerOptions options)
    {
#pragma warning disable CA2000 // the invoker disposes it
        return new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => await ConnectAsync(worker, cancellationToken).ConfigureAwait(false),
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // the other worker's server always answers, however long the application takes
            Expect100ContinueTimeout = Timeout.InfiniteTimeSpan,
            ActivityHeadersPropagator = null, // the client's headers are forwarded
            PooledConnectionIdleTimeout = IdleLimit,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8, // as the request was read
            ResponseHeaderEncodingSelector = (name, _) => options.ResponseHeaderEncodingSelector(name), // as the response will be written
        });
#pragma warning restore CA2000
    }

    private async Task<NetworkStream> ConnectAsync(long worker, CancellationToken cancellationToken)
    {
        (Socket own, int other) = CreatePair();
        try
        {
            while (true)
            {
                // The supervisor is asked only once for each worker.
                if ((peers.Find(worker) ?? await Task.Run(() => peers.FindOrAsk(worker), cancellationToken).ConfigureAwait(false))
                    is not { } peer)
                {
                    throw new PeerGoneException();
                }

                if (peer.TrySend(ServeProtocol.Forward, "", other))
                    return new NetworkStream(own, ownsSocket: true);
                if (Marshal.GetLastPInvokeError() != Libc.EAGAIN)
                    throw new PeerGoneException();

                await Task.Delay(FullPause, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            own.Dispose();
            throw;
        }
        finally
        {
            _ = Libc.Close(other);
        }
    }

    private static unsafe (Socket Own, int Other) CreatePair()
    {
        int* sockets = stackalloc int[2];
        return Libc.SocketPair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, sockets) == 0
            ? (new Socket(new SafeSocketHandle(sockets[0], ownsHandle: true)), sockets[1])
            : throw new PeerGoneException(); // no file descriptor is free
    }
}
