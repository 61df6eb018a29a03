using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tandem.BackgroundWork;
using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <content>Messages of the worker's process, which a dedicated thread receives.</content>
internal sealed partial class WebWorker
{
    private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously); // all messages were received

    private void OnConnected(MessageSocket messages)
    {
        lock (_limiting)
        {
            _messages = messages;
            SendHeapLimit();
        }

        Background.Thread($"Tandem messages {Number}", 128 * 1024, () => Listen(messages)).Start();
    }

    /// <summary>
    /// Completes when all messages of the process, which has exited, were received: they may say why it exited, and another thread than the
    /// one that reports the exit receives them. There is a time limit, because processes that the application started may still have the
    /// other end of the socket.
    /// </summary>
    private async Task ReceiveAllAsync()
    {
        if (Volatile.Read(ref _messages) is not null)
            await _heard.Task.WaitAsync(ReceiveGrace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Tells the worker to accept on another socket, in place of the one that was bound to the same address before.</summary>
    internal void MoveListener(string bound, int descriptor) => _messages?.TrySend(ServeProtocol.Moved, bound, descriptor);

    private void SendHeapLimit()
    {
        if (_heapLimit is { } limit)
            _messages?.TrySend(ServeProtocol.HeapLimit, limit.ToString(CultureInfo.InvariantCulture));
    }

    private void Listen(MessageSocket messages)
    {
        while (true)
        {
            ReceiveOutcome outcome = messages.Receive(-1, out Message message);
            if (outcome == ReceiveOutcome.End)
            {
                _heard.TrySetResult();
                return;
            }

            if (outcome == ReceiveOutcome.Message)
                TryHandle(messages, message);
        }
    }

    /// <summary>
    /// Handles a message. Whatever a worker sends must not harm more than that worker: an exception on this thread would terminate the
    /// supervisor.
    /// </summary>
    private void TryHandle(MessageSocket messages, Message message)
    {
        try
        {
            Handle(messages, message);
        }
        catch (Exception e)
        {
            _context.Log.Write($"worker {Number} ({ProcessId}) sent a message that could not be handled, '{message.Verb}': {e}");
        }
    }

    private void Handle(MessageSocket messages, Message message)
    {
        switch (message.Verb)
        {
            case ServeProtocol.Attached:
                ProcessId = _pool.Snapshot().Workers is [{ Id: var id }, ..] ? id : 0;
                _attached.TrySetResult();
                break;
            case ServeProtocol.HostAttached:
                AttachedBy = message.Rest;
                _hosted.TrySetResult();
                break;
            case ServeProtocol.Listen:
                Open(messages, message.Rest);
                break;
            case ServeProtocol.Unlisten:
                lock (_listensAt)
                    _listensAt.Remove(message.Rest);
                _context.Listeners.Unlistened?.Invoke();
                break;
            case ServeProtocol.Started:
                // The application started although it was refused an address, such as an IPv6 address on a machine without IPv6.
                if (_refusal is null && !_started.Task.IsCompleted)
                    (_problem, _problemCode) = (null, ServeExitCode.NotReady);

                _started.TrySetResult(message.Rest);
                break;
            case ServeProtocol.Finishing:
                _finishing.TrySetResult();
                break;
            case ServeProtocol.NearlyDue:
                IsNearlyDue = true;
                break;
            case ServeProtocol.Due:
                _due.TrySetResult();
                break;
            case ServeProtocol.Stuck:
                OnStuck(message.Rest);
                break;
            case ServeProtocol.OnlyStuckLeft:
                OnOnlyStuckLeft(message.Rest);
                break;
            case ServeProtocol.Warning:
                _context.Log.Write($"worker {Number} ({ProcessId}): {message.Rest}");
                break;
            case ServeProtocol.AskPeer:
                _context.Mailboxes.Answer(messages, message.Rest);
                break;
            case ServeProtocol.AddressTaken:
                OnAddressTaken();
                break;
            case ServeProtocol.Refused:
                _refusal = message.Rest;
                _problem = message.Rest;
                _problemCode = ServeExitCode.BadApplication;
                break;
        }
    }

    /// <summary>
    /// Code of the application failed to bind an address. If the worker is ready, this is logged at once, and otherwise together with its
    /// exit.
    /// </summary>
    private void OnAddressTaken()
    {
        _isAddressTaken = true;
        if (_ready.Task.IsCompletedSuccessfully)
            LogAddressTaken();
    }

    private void LogAddressTaken() => _context.Log.Write($"worker {Number} ({ProcessId}): {AddressTaken}");

    private void Open(MessageSocket messages, string address)
    {
        int occurrence = 0;
        try
        {
            if (EndPointText.Read(address) is IPEndPoint { Port: 0 })
            {
                occurrence = _asked.GetValueOrDefault(address);
                _asked[address] = occurrence + 1;
            }

            _context.Listeners.Open(address, occurrence, (descriptor, bound) =>
            {
                BoundTo = bound;
                lock (_listensAt)
                    _listensAt.Add(bound);
                messages.TrySend(ServeProtocol.Listener, bound, descriptor);
            });
        }
        catch (Exception e)
            when (e is SocketException or IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            _problem = $"It cannot listen at {address}: {Explain(e)}";
            _problemCode = ServeExitCode.BadAddress;
            messages.TrySend(
                ServeProtocol.Failure,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(int)((e as SocketException)?.SocketErrorCode ?? SocketError.Success)} {e.Message}"));
        }
    }

    private static string Explain(Exception error) => (error as SocketException)?.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            "the address is already in use. Stop the program that listens there, or choose another address with --urls.",
        SocketError.AccessDenied =>
            "this user may not use it. Ports below 1024 need the capability CAP_NET_BIND_SERVICE, "
            + "or a socket that systemd passes to the server.",
        SocketError.AddressNotAvailable => "this machine has no such address.",
        _ => error.Message,
    };
}
