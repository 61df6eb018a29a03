using Tandem.Interop;

namespace Tandem.Supervision;

/// <summary>Determines who ended a worker process.</summary>
internal static class ExitAttribution
{
    /// <summary>Decides from what is known about the exit.</summary>
    /// <param name="status">How the process ended.</param>
    /// <param name="byPool">Whether the pool had decided to end it.</param>
    /// <param name="outOfMemory">Whether the kernel has counted an out-of-memory kill meanwhile.</param>
    internal static EndedBy Of(ExitStatus status, bool byPool, bool outOfMemory)
    {
        if (byPool)
            return EndedBy.Pool;

        bool isFromOutside = status.SignalName is { } signal
            ? IsSentByOthers(signal)
            : status.Code is { } code && (status.IsGuess || WindowsExitCodes.IsFromOutside(code));
        return !isFromOutside ? EndedBy.Itself : outOfMemory ? EndedBy.OutOfMemory : EndedBy.Outside;
    }

    /// <summary>Whether other processes send this signal. Faults, aborts and timers come from the process itself.</summary>
    internal static bool IsSentByOthers(string signal) =>
        signal is "SIGHUP" or "SIGINT" or "SIGQUIT" or "SIGKILL" or "SIGUSR1" or "SIGUSR2" or "SIGTERM" or "SIGPWR";
}
