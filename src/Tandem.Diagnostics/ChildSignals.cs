using System.Runtime.InteropServices;

namespace Tandem.Diagnostics;

/// <summary>What this process is told of its children.</summary>
internal static unsafe partial class ChildSignals
{
    private const int SIGCHLD = 17;
    private const int SA_NOCLDSTOP = 1;

    /// <summary>
    /// Has the kernel say nothing when a child stops, which one that is traced does. .NET's own handler of that signal waits for each
    /// process that was started with <see cref="System.Diagnostics.Process"/>: it would take the stop away from the tracer, which then
    /// waits for ever, and report it as an exit.
    /// </summary>
    internal static void SilenceStops()
    {
        if (!OperatingSystem.IsLinux())
            return;

        SignalAction action = default;
        bool isHandled = SigAction(SIGCHLD, null, &action) == 0 && action.Handler > 1; // neither the default nor ignored
        if (!isHandled || (action.Flags & SA_NOCLDSTOP) != 0)
            return;

        action.Flags |= SA_NOCLDSTOP;
        _ = SigAction(SIGCHLD, &action, null);
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SigAction(int signal, SignalAction* action, SignalAction* old);

    /// <summary>struct sigaction of glibc and musl on 64-bit systems.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    private struct SignalAction
    {
        [FieldOffset(0)]
        internal nint Handler;

        [FieldOffset(136)]
        internal int Flags;
    }
}
