using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Tandem.Interop;
using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>The supervisor's sockets, on which the worker accepts.</summary>
/// <param name="own">What the worker publishes.</param>
/// <param name="drain">Whether the worker drains.</param>
/// <param name="quota">The request limit, which begins when the worker accepts.</param>
/// <param name="balance">Counts connections.</param>
/// <param name="messages">The connection to the supervisor.</param>
internal sealed class ListenerTable(
    PublishedState own, DrainState drain, RequestQuota quota, ConnectionBalance balance, MessageSocket messages)
{
    private readonly Lock _asking = new(); // one request for a socket at a time
    private readonly List<SharedListener> _listeners = []; // guarded by itself
    // replacements of sockets on which this worker does not listen yet, by address; guarded by _listeners
    private readonly Dictionary<string, int> _movedAhead = new(StringComparer.Ordinal);
    private readonly ManualResetEventSlim _isAnswered = new(); // set when the supervisor has answered
    private Message _answer; // the answer; read after _isAnswered was set

    /// <summary>Whether the application listens on any address.</summary>
    internal bool IsAny
    {
        get
        {
            lock (_listeners)
                return _listeners.Count > 0;
        }
    }

    internal List<SharedListener> Snapshot()
    {
        lock (_listeners)
            return [.. _listeners];
    }

    /// <summary>
    /// Asks the supervisor for a socket that listens on an end point, and blocks until it answers. The answer takes less than a
    /// millisecond, and an asynchronous wait would make the runtime compile more of Kestrel's methods at the start.
    /// </summary>
    /// <returns>The socket, and the address to which it is bound.</returns>
    /// <exception cref="AddressInUseException">
    /// Another program listens there. Kestrel uses these exception types to decide whether to try another address.
    /// </exception>
    /// <exception cref="SocketException">The system refuses the address.</exception>
    internal (int Descriptor, EndPoint Bound) AskForSocket(EndPoint endPoint, CancellationToken cancellationToken)
    {
        lock (_asking)
        {
            lock (_listeners)
            {
                // The supervisor would return the same socket again.
                if (_listeners.Exists(listener => listener.EndPoint.Equals(endPoint)))
                    throw new AddressInUseException($"This application already listens on {endPoint}.");
            }

            _isAnswered.Reset();
            if (!messages.TrySend(ServeProtocol.Listen, EndPointText.Write(endPoint)))
                throw new IOException("The supervisor of this worker is gone.");

            _isAnswered.Wait(cancellationToken);
            return _answer.Verb == ServeProtocol.Listener
                ? (_answer.Descriptor, EndPointText.Read(_answer.Rest))
                : throw RefusalOf(endPoint, _answer.Rest);
        }
    }

    /// <summary>Handles the supervisor's answer, on the thread that receives it.</summary>
    internal void OnAnswer(Message answer)
    {
        _answer = answer;
        _isAnswered.Set();
    }

    private static Exception RefusalOf(EndPoint endPoint, string failure)
    {
        int blank = failure.IndexOf(' ', StringComparison.Ordinal);
        var code = (SocketError)int.Parse(failure.AsSpan(0, blank), CultureInfo.InvariantCulture);
        return code switch
        {
            SocketError.Success => new IOException($"Failed to bind to address {endPoint}: {failure[(blank + 1)..]}"),
            SocketError.AddressAlreadyInUse => new AddressInUseException(failure[(blank + 1)..], new SocketException((int)code)),
            _ => new SocketException((int)code),
        };
    }

    /// <summary>
    /// Called when the application stops listening on a socket. If it continues to serve, the supervisor is notified: when no worker uses a
    /// socket any more, the supervisor closes it.
    /// </summary>
    internal void Remove(SharedListener listener)
    {
        bool wasThere;
        lock (_listeners)
            wasThere = _listeners.Remove(listener);
        if (wasThere && !drain.IsDraining)
            messages.TrySend(ServeProtocol.Unlisten, EndPointText.Write(listener.EndPoint));
    }

    internal void Add(SharedListener listener)
    {
        lock (_listeners)
        {
            _listeners.Add(listener);
            // The socket was replaced after this worker had asked for it.
            if (_movedAhead.Remove(EndPointText.Write(listener.EndPoint), out int descriptor))
                listener.Move(descriptor);
        }

        if (own.State == WebWorkerState.Accepting)
            listener.Open();
    }

    /// <summary>Handles a socket that the supervisor has bound in place of another one.</summary>
    internal void Move(Message message)
    {
        lock (_listeners)
        {
            if (_listeners.Find(one => EndPointText.Write(one.EndPoint) == message.Rest) is { } listener)
            {
                listener.Move(message.Descriptor);
                return;
            }

            if (_movedAhead.Remove(message.Rest, out int former))
                _ = Libc.Close(former);
            _movedAhead.Add(message.Rest, message.Descriptor);
        }
    }

    /// <summary>Begins to accept connections, unless the worker drains.</summary>
    internal void Open()
    {
        if (drain.IsDraining)
            return;

        quota.Begin();
        own.Advance(WebWorkerState.Accepting);
        lock (_listeners)
        {
            foreach (SharedListener listener in _listeners)
                listener.Open();
        }
    }

    /// <summary>Serves a connection of the supervisor, which checks this worker before it accepts other connections.</summary>
    internal void ServeConnection(Message message)
    {
        SharedListener? listener;
        lock (_listeners)
            listener = _listeners.Find(one => EndPointText.Write(one.EndPoint) == message.Rest) ?? _listeners.FirstOrDefault();

        if (listener is null)
        {
            _ = Libc.Close(message.Descriptor);
            return;
        }

        balance.OnOpened();
        listener.Serve(message.Descriptor);
    }

    /// <summary>Serves a connection that another worker accepted.</summary>
    /// <returns>False if this worker does not listen on the connection's address.</returns>
    internal bool TryServeHandedOver(string endPoint, int descriptor)
    {
        SharedListener? listener;
        lock (_listeners)
            listener = _listeners.Find(one => EndPointText.Write(one.EndPoint) == endPoint);
        if (listener is null)
            return false;

        balance.OnHandedIn();
        listener.Serve(descriptor);
        return true;
    }
}
