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

        return !IsSentByOthers(status.Signal) ? EndedBy.Itself : outOfMemory ? EndedBy.OutOfMemory : EndedBy.Outside;
    }

    /// <summary>Whether other processes send this signal. Faults, aborts and timers come from the process itself.</summary>
    private static bool IsSentByOthers(int? signal)
    {
        const int Hangup = 1, Interrupt = 2, Quit = 3, Kill = 9, User1 = 10, User2 = 12, Terminate = 15, Power = 30;
        return signal is Hangup or Interrupt or Quit or Kill or User1 or User2 or Terminate or Power;
    }
}
