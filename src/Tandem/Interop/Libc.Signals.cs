using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <content>Signal handling.</content>
internal static unsafe partial class Libc
{
    internal const int SIGHUP = 1;
    internal const int SIGUSR1 = 10;
    internal const int SIGUSR2 = 12;
    internal const int SIGCHLD = 17;
    internal const int SIGTTIN = 21;
    internal const int SIGTTOU = 22;
    internal const int SIGCONT = 18;
    internal const int SA_NOCLDSTOP = 1;
    internal const int SA_ONSTACK = 0x08000000;
    internal const int SA_RESTART = 0x10000000;

    [LibraryImport(Library, EntryPoint = "sigaction")]
    internal static partial int SetSignalAction(int signal, SignalAction* action, SignalAction* old);

    /// <summary>Ignores signals. A program that this process executes (execve) inherits that until it handles them.</summary>
    /// <returns>The previous actions, for <see cref="RestoreSignals"/>.</returns>
    internal static SignalAction[] IgnoreSignals(params ReadOnlySpan<int> signals)
    {
        var old = new SignalAction[signals.Length];
        var ignore = new SignalAction { Handler = SignalAction.Ignore };
        for (int i = 0; i < signals.Length; i++)
        {
            fixed (SignalAction* former = &old[i])
                _ = SetSignalAction(signals[i], &ignore, former);
        }

        return old;
    }

    internal static bool IsIgnored(int signal)
    {
        SignalAction action;
        return SetSignalAction(signal, null, &action) == 0 && action.Handler == SignalAction.Ignore;
    }

    internal static void RestoreSignals(ReadOnlySpan<int> signals, SignalAction[] old)
    {
        for (int i = 0; i < signals.Length; i++)
        {
            fixed (SignalAction* former = &old[i])
                _ = SetSignalAction(signals[i], former, null);
        }
    }

    [LibraryImport(Library, EntryPoint = "pthread_sigmask")]
    private static partial int SetSignalMask(int how, ulong* set, ulong* old);

    /// <summary>Blocks a signal in the calling thread.</summary>
    internal static void BlockSignal(int signal)
    {
        const int SIG_BLOCK = 0;
        const int SetSize = 1024 / 64; // sigset_t of glibc; the one of musl is smaller
        ulong* set = stackalloc ulong[SetSize];
        new Span<ulong>(set, SetSize).Clear();
        set[0] = 1UL << (signal - 1);
        _ = SetSignalMask(SIG_BLOCK, set, null);
    }

    /// <summary>struct sigaction of glibc and musl on 64-bit systems.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    internal struct SignalAction
    {
        internal const nint Ignore = 1;

        [FieldOffset(0)]
        internal nint Handler;

        [FieldOffset(136)]
        internal int Flags;
    }
}
