using Tandem.Interop;

namespace Tandem.Diagnostics;

/// <summary>What this process is told of its children.</summary>
internal static unsafe class ChildSignals
{
    /// <summary>
    /// Has the kernel say nothing when a child stops, which one that is traced does. .NET's own handler of that signal waits for each
    /// process that was started with <see cref="System.Diagnostics.Process"/>: it would take the stop away from the tracer, which then
    /// waits for ever, and report it as an exit.
    /// </summary>
    internal static void SilenceStops()
    {
        if (!OperatingSystem.IsLinux())
            return;

        Libc.SignalAction action = default;
        bool isHandled = Libc.SetSignalAction(Libc.SIGCHLD, null, &action) == 0 && action.Handler > Libc.SignalAction.Ignore;
        if (!isHandled || (action.Flags & Libc.SA_NOCLDSTOP) != 0)
            return;

        action.Flags |= Libc.SA_NOCLDSTOP;
        _ = Libc.SetSignalAction(Libc.SIGCHLD, &action, null);
    }
}
