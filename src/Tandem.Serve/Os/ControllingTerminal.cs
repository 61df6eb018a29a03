using System.Diagnostics;
using Tandem.Interop;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Os;

/// <summary>
/// The terminal from which the server was started, if any. When it is closed, the system and the shell send HUP, which then means something
/// else than a HUP that a person sends. Some shells send it when they exit, a moment before the terminal is gone.
/// </summary>
internal sealed class ControllingTerminal
{
    /// <summary>The maximum time between the terminal's end and a HUP that belongs to it.</summary>
    private static readonly TimeSpan HangUpTime = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time; // the server's clock
    private readonly Func<bool> _isThere; // whether the process has a controlling terminal now
    private readonly bool _wasThere; // whether the server was started from a terminal
    private readonly Lock _lock = new(); // guards the fields below
    private long? _goneSince; // when the terminal was first found gone, in milliseconds of the monotonic clock; null while it exists
    private long? _signalledAt; // when a HUP last arrived while the terminal existed
    private bool _isReported; // whether Poll has reported the change

    /// <param name="time">The server's clock.</param>
    /// <param name="isThere">Whether the process has a controlling terminal; null to ask the system.</param>
    internal ControllingTerminal(TimeProvider time, Func<bool>? isThere = null)
    {
        _time = time;
        _isThere = isThere ?? IsThere;
        _wasThere = _isThere();
    }

    /// <summary>Checks the terminal; called regularly. Each change is reported once.</summary>
    internal TerminalState Poll()
    {
        lock (_lock)
        {
            if (_isReported || !IsGone())
                return TerminalState.Unchanged;

            bool wasSignalled = _goneSince - _signalledAt < HangUpTime.TotalMilliseconds;
            _isReported = wasSignalled || _time.GetMilliseconds() - _goneSince >= HangUpTime.TotalMilliseconds;
            return wasSignalled ? TerminalState.HungUp : _isReported ? TerminalState.Gone : TerminalState.Unchanged;
        }
    }

    /// <summary>Called on HUP; whether the signal reports that the terminal is closed, as far as is known at this moment.</summary>
    internal bool IsHangUp()
    {
        lock (_lock)
        {
            if (IsGone())
                return _time.GetMilliseconds() - _goneSince < HangUpTime.TotalMilliseconds;

            _signalledAt = _time.GetMilliseconds();
            return false;
        }
    }

    private bool IsGone()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_wasThere && _goneSince is null && !_isThere())
            _goneSince = _time.GetMilliseconds();

        return _goneSince is not null;
    }

    /// <summary>Whether the process has a controlling terminal. When the terminal is closed, the process has none.</summary>
    private static bool IsThere()
    {
        int descriptor = Libc.Open("/dev/tty", Libc.O_RDONLY | Libc.O_NOCTTY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (descriptor < 0)
            return false;

        _ = Libc.Close(descriptor);
        return true;
    }
}
