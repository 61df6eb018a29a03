using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <content>Connections of clients that belong to one worker (--sticky).</content>
internal sealed partial class ServedWorker
{
    private long _handedIn; // connections that others have taken, and handed to this one

    /// <summary>Null where any worker serves any client.</summary>
    internal StickyRouting? Sticky { get; private set; }

    /// <summary>How many connections more it has got from other workers than it has given to them.</summary>
    private long HandedInMore => Sticky is null ? 0 : Volatile.Read(ref _handedIn) - Volatile.Read(ref Entry.HandedOver);

    private void BeginSticky()
    {
        if (Settings.Sticky == StickyMode.None)
            return;

        Sticky = new StickyRouting(this, _board, id => _messages.TrySend(ServeProtocol.AskPeer, id));
        Sticky.Start();
    }

    /// <summary>A connection that it took is another worker's now.</summary>
    internal void OnConnectionHandedOver()
    {
        Interlocked.Increment(ref Entry.HandedOver);
        OnConnectionClosed();
    }

    /// <summary>Another worker has given it a connection.</summary>
    internal void OnConnectionHandedIn()
    {
        Interlocked.Increment(ref _handedIn);
        Interlocked.Increment(ref Entry.Connections);
    }

    internal void OnRequestForwarded() => Interlocked.Increment(ref Entry.Forwarded);

    /// <summary>Ends when the application is told to.</summary>
    internal CancellationToken Stopping => Volatile.Read(ref _lifetime)?.ApplicationStopping ?? CancellationToken.None;

    /// <summary>Serves a connection that another worker took.</summary>
    /// <returns>False where it does not listen where the connection was made.</returns>
    internal bool TryServeHandedOver(string endPoint, int descriptor)
    {
        SharedListener? listener;
        lock (_listeners)
            listener = _listeners.Find(one => EndPointText.Write(one.EndPoint) == endPoint);
        if (listener is null)
            return false;

        OnConnectionHandedIn();
        listener.Serve(descriptor);
        return true;
    }
}
