using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>
/// The terminal on which the server was started, if there is one. When it is closed, the system and the shell send HUP, which means something
/// else than a HUP that a person sends. Some shells send it when they end, a moment before the terminal goes.
/// </summary>
internal sealed class ControllingTerminal
{
    /// <summary>How far the terminal's end and a HUP that tells of it may be apart.</summary>
    private static readonly TimeSpan HangUpTime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly bool _wasThere = IsThere();
    private long? _goneSince; // in milliseconds of the system's clock
    private long? _signalledAt;
    private bool _isTold;

    /// <summary>Looks what has become of it; called now and then. Every change is said once.</summary>
    internal TerminalState Look()
    {
        lock (_lock)
        {
            if (_isTold || !IsGone())
                return TerminalState.Unchanged;

            bool wasSignalled = _goneSince - _signalledAt < HangUpTime.TotalMilliseconds;
            _isTold = wasSignalled || Environment.TickCount64 - _goneSince >= HangUpTime.TotalMilliseconds;
            return wasSignalled ? TerminalState.HungUp : _isTold ? TerminalState.Gone : TerminalState.Unchanged;
        }
    }

    /// <summary>On HUP: whether it says that the terminal is closed, as far as is known by now.</summary>
    internal bool IsHangUp()
    {
        lock (_lock)
        {
            if (IsGone())
                return Environment.TickCount64 - _goneSince < HangUpTime.TotalMilliseconds;

            _signalledAt = Environment.TickCount64;
            return false;
        }
    }

    private bool IsGone()
    {
        if (_wasThere && _goneSince is null && !IsThere())
            _goneSince = Environment.TickCount64;

        return _goneSince is not null;
    }

    /// <summary>A process whose terminal was closed has none any more.</summary>
    private static bool IsThere()
    {
        int descriptor = Libc.Open("/dev/tty", Libc.O_RDONLY | Libc.O_NOCTTY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (descriptor < 0)
            return false;

        _ = Libc.Close(descriptor);
        return true;
    }
}
