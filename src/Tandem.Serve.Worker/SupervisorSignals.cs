using System.Runtime.InteropServices;

namespace Tandem.Serve.Worker;

/// <summary>
/// Signals that mean something to the supervisor and nothing to a worker, where they would end or stop the process. They reach workers when
/// somebody sends them by name (<c>pkill -HUP</c>). A handler of the application's runs all the same.
/// </summary>
internal static class SupervisorSignals
{
    private const PosixSignal SIGUSR1 = (PosixSignal)10;
    private const PosixSignal SIGUSR2 = (PosixSignal)12;

    // Kept, because a registration that is collected is none.
    private static readonly List<PosixSignalRegistration> Registrations = [];

    /// <summary>Has them do nothing.</summary>
    internal static void Ignore()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGHUP, SIGUSR1, SIGUSR2, PosixSignal.SIGTTIN, PosixSignal.SIGTTOU])
            Registrations.Add(PosixSignalRegistration.Create(signal, static context => context.Cancel = true));
    }
}
