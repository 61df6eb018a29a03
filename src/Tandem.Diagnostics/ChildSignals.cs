using Tandem.Interop;

namespace Tandem.Diagnostics;

/// <summary>The signals that this process gets about its children.</summary>
internal static unsafe class ChildSignals
{
    /// <summary>
    /// Makes the kernel send no signal when a child stops, which a traced process does. .NET's handler of that signal waits for each
    /// process that was started with <see cref="System.Diagnostics.Process"/>: it would consume the stop, so that the tracer would wait
    /// forever, and report it as an exit.
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
