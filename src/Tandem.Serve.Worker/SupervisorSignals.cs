using System.Runtime.InteropServices;

namespace Tandem.Serve.Worker;

/// <summary>
/// Ignores signals that are meant for the supervisor and would terminate or stop a worker. A worker gets them when they are sent by process
/// name (<c>pkill -HUP</c>). If the application has its own handler, it still runs.
/// </summary>
internal static class SupervisorSignals
{
    private const PosixSignal SIGUSR1 = (PosixSignal)10;
    private const PosixSignal SIGUSR2 = (PosixSignal)12;

    // Keeps the registrations alive: the garbage collector would end them.
    private static readonly List<PosixSignalRegistration> Registrations = [];

    /// <summary>Makes these signals do nothing.</summary>
    internal static void Ignore()
    {
        foreach (PosixSignal signal
            in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGHUP, SIGUSR1, SIGUSR2, PosixSignal.SIGTTIN, PosixSignal.SIGTTOU])
        {
            Registrations.Add(PosixSignalRegistration.Create(signal, static context => context.Cancel = true));
        }
    }
}
