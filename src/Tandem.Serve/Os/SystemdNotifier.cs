using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Tandem.Serve.Os;

/// <summary>
/// Reports the server's state to a service manager, if there is one (https://www.freedesktop.org/software/systemd/man/sd_notify.html).
/// </summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket; // null if there is no service manager
    private readonly UnixDomainSocketEndPoint? _target; // the service manager's address
    private readonly Queue<string> _unsent = new(); // messages that must not be lost and were not sent yet; guarded by its own lock

    internal SystemdNotifier()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
            return;

        // Remove the variable, because workers must not report for this process.
        NotifySocket = path;
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        _target = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        // a service manager that hangs must not block the supervisor
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        if (long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out long microseconds)
            && microseconds > 0)
        {
            Watchdog = TimeSpan.FromMicroseconds(microseconds);
        }

        WatchdogVariable = Environment.GetEnvironmentVariable("WATCHDOG_USEC");
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", null);
        Environment.SetEnvironmentVariable("WATCHDOG_PID", null);
    }

    /// <summary>The interval within which the service manager expects a heartbeat; null for none.</summary>
    internal TimeSpan? Watchdog { get; }

    /// <summary>The variable that this process got, for a supervisor that replaces it.</summary>
    internal string? NotifySocket { get; }

    /// <inheritdoc cref="NotifySocket"/>
    internal string? WatchdogVariable { get; }

    internal void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>Reports the start of a reload, with the time in microseconds, which the service manager compares with its own.</summary>
    internal void Reloading() =>
        Send(string.Create(
            CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}"));

    internal void Stopping() => Send("STOPPING=1");

    internal void Alive()
    {
        if (SendUnsent())
            TrySend("WATCHDOG=1"); // if this heartbeat is lost, the next one follows
    }

    /// <summary>Sends the messages that the service manager has not accepted yet.</summary>
    /// <returns>Whether none is left.</returns>
    internal bool SendUnsent()
    {
        lock (_unsent)
        {
            while (_unsent.TryPeek(out string? message) && TrySend(message))
                _unsent.Dequeue();

            return _unsent.Count == 0;
        }
    }

    public void Dispose() => _socket?.Dispose();

    private void Send(string message)
    {
        lock (_unsent)
            _unsent.Enqueue(message);

        SendUnsent();
    }

    /// <summary>Sends a message; false if the service manager has not read the previous ones.</summary>
    private bool TrySend(string message)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(message), _target!);
            return true;
        }
        catch (SocketException e)
        {
            // Other errors mean that no process listens, which the service manager itself will notice.
            return e.SocketErrorCode is not (SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable);
        }
    }
}
