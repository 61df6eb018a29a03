using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>
/// The terminal on which the server was started, if there is one. When it is closed, the system and the shell send HUP, which means something
/// else than a HUP that a person sends.
/// </summary>
internal sealed class ControllingTerminal
{
    /// <summary>How long after the terminal has gone a HUP may tell of that.</summary>
    private static readonly TimeSpan HangUpTime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly bool _wasThere = IsThere();
    private long? _goneSince; // in milliseconds of the system's clock
    private bool _isTold;

    /// <summary>Looks whether it is there still; called now and then.</summary>
    /// <returns>Whether it has gone without a HUP, which is said once.</returns>
    internal bool HasGoneUnnoticed()
    {
        lock (_lock)
        {
            if (!IsGone() || _isTold || Environment.TickCount64 - _goneSince < HangUpTime.TotalMilliseconds)
                return false;

            _isTold = true;
            return true;
        }
    }

    /// <summary>On HUP: whether it says that the terminal is closed.</summary>
    internal bool IsHangUp()
    {
        lock (_lock)
            return IsGone() && Environment.TickCount64 - _goneSince < HangUpTime.TotalMilliseconds;
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
