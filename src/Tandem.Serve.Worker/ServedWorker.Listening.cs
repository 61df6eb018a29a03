using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Tandem.Interop;
using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <content>The sockets on which it accepts, which are the supervisor's.</content>
internal sealed partial class ServedWorker
{
    private readonly Lock _asking = new();
    private readonly List<SharedListener> _listeners = [];
    private readonly Dictionary<string, int> _movedAhead = new(StringComparer.Ordinal); // sockets that this worker does not listen on yet; under the lock of the list
    private readonly ManualResetEventSlim _isAnswered = new();
    private Message _answer; // read after that was set

    /// <summary>
    /// Asks the supervisor for a socket that listens at an end point, and waits for it on the caller's thread: the answer takes less than a
    /// millisecond, and a start that awaited it would first have to compile what all of Kestrel's methods around it need for that.
    /// </summary>
    /// <returns>The socket, and where it listens in fact.</returns>
    /// <exception cref="AddressInUseException">Somebody listens there. These are the exceptions by which Kestrel knows whether to try another address.</exception>
    /// <exception cref="SocketException">The system refuses it.</exception>
    internal (int Descriptor, EndPoint Bound) AskForSocket(EndPoint endPoint, CancellationToken cancellationToken)
    {
        lock (_asking)
        {
            lock (_listeners)
            {
                // The supervisor would give the same socket again.
                if (_listeners.Exists(listener => listener.EndPoint.Equals(endPoint)))
                    throw new AddressInUseException($"This application listens at {endPoint} already.");
            }

            _isAnswered.Reset();
            if (!_messages.TrySend(ServeProtocol.Listen, EndPointText.Write(endPoint)))
                throw new IOException("The supervisor of this worker is gone.");

            _isAnswered.Wait(cancellationToken);
            return _answer.Verb == ServeProtocol.Listener
                ? (_answer.Descriptor, EndPointText.Read(_answer.Rest))
                : throw RefusalOf(endPoint, _answer.Rest);
        }
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

    /// <summary>The application listens there no more. Where it goes on serving, the supervisor is told: when all workers have left a socket, it closes it.</summary>
    internal void Remove(SharedListener listener)
    {
        bool wasThere;
        lock (_listeners)
            wasThere = _listeners.Remove(listener);
        if (wasThere && !IsDraining)
            _messages.TrySend(ServeProtocol.Unlisten, EndPointText.Write(listener.EndPoint));
    }

    internal void Add(SharedListener listener)
    {
        lock (_listeners)
        {
            _listeners.Add(listener);
            // It was bound anew after this worker had asked for it.
            if (_movedAhead.Remove(EndPointText.Write(listener.EndPoint), out int descriptor))
                listener.Move(descriptor);
        }

        if (Volatile.Read(ref Entry.State) == (long)WebWorkerState.Accepting)
            listener.Open();
    }

    /// <summary>The supervisor has bound another socket where it had bound one before.</summary>
    private void MoveListener(Message message)
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

    private void OpenListeners()
    {
        if (IsDraining)
            return;

        LimitRequests();
        SetState(WebWorkerState.Accepting);
        lock (_listeners)
        {
            foreach (SharedListener listener in _listeners)
                listener.Open();
        }
    }

    /// <summary>A connection that the supervisor has made, to try this worker before it takes any other.</summary>
    private void ServeConnection(Message message)
    {
        SharedListener? listener;
        lock (_listeners)
            listener = _listeners.Find(one => EndPointText.Write(one.EndPoint) == message.Rest) ?? _listeners.FirstOrDefault();

        OnConnectionOpened();
        if (listener is not null)
            listener.Serve(message.Descriptor);
        else
            _ = Libc.Close(message.Descriptor);
    }
}
