using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Tandem.Serve.Os;

/// <summary>Tells a service manager how it goes, where there is one (https://www.freedesktop.org/software/systemd/man/sd_notify.html).</summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _target;
    private readonly Queue<string> _unsent = new(); // what must not be lost and could not be sent yet; under its own lock

    internal SystemdNotifier()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
            return;

        // Workers must not speak for this process.
        NotifySocket = path;
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        _target = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false }; // a manager that hangs holds up nothing here
        if (long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0)
            Watchdog = TimeSpan.FromMicroseconds(microseconds);

        WatchdogVariable = Environment.GetEnvironmentVariable("WATCHDOG_USEC");
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", null);
        Environment.SetEnvironmentVariable("WATCHDOG_PID", null);
    }

    /// <summary>How often the manager wants to hear; null for never.</summary>
    internal TimeSpan? Watchdog { get; }

    /// <summary>What this process was given, for one that takes its place.</summary>
    internal string? NotifySocket { get; }

    /// <inheritdoc cref="NotifySocket"/>
    internal string? WatchdogVariable { get; }

    internal void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>With the time to the microsecond, as the manager compares it with its own.</summary>
    internal void Reloading() =>
        Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}"));

    internal void Stopping() => Send("STOPPING=1");

    internal void Alive()
    {
        if (SendUnsent())
            TrySend("WATCHDOG=1"); // one that is lost is followed by another one
    }

    /// <summary>Sends again what the manager has not taken yet.</summary>
    /// <returns>Whether nothing of it is left.</returns>
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

    /// <summary>False where the manager has not read what it was sent before.</summary>
    private bool TrySend(string message)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(message), _target!);
            return true;
        }
        catch (SocketException e)
        {
            // Else nobody listens; it is for them to notice.
            return e.SocketErrorCode is not (SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable);
        }
    }
}
