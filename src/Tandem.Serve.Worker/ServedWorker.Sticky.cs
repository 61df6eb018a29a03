using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <content>Sticky routing (--sticky).</content>
internal sealed partial class ServedWorker
{
    private long _handedIn; // connections that other workers accepted and handed over to this one

    /// <summary>Null if any worker may serve any client.</summary>
    internal StickyRouting? Sticky { get; private set; }

    /// <summary>How many more connections this worker got from other workers than it handed over to them.</summary>
    private long HandedInMore => Sticky is null ? 0 : Volatile.Read(ref _handedIn) - Volatile.Read(ref Entry.HandedOver);

    private void BeginSticky()
    {
        if (Settings.Sticky == StickyMode.None)
            return;

        Sticky = new StickyRouting(this, _board, id => _messages.TrySend(ServeProtocol.AskPeer, id));
        Sticky.Start();
    }

    /// <summary>Called when a connection was handed over to another worker.</summary>
    internal void OnConnectionHandedOver()
    {
        Interlocked.Increment(ref Entry.HandedOver);
        OnConnectionClosed();
    }

    /// <summary>Called when another worker has handed a connection over to this one.</summary>
    internal void OnConnectionHandedIn()
    {
        Interlocked.Increment(ref _handedIn);
        Interlocked.Increment(ref Entry.Connections);
    }

    internal void OnRequestForwarded() => Interlocked.Increment(ref Entry.Forwarded);

    /// <summary>Cancelled when the application is told to stop.</summary>
    internal CancellationToken Stopping => Volatile.Read(ref _lifetime)?.ApplicationStopping ?? CancellationToken.None;

    /// <summary>Serves a connection that another worker accepted.</summary>
    /// <returns>False if this worker does not listen on the connection's address.</returns>
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
