using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tandem.Smoke;

/// <summary>Ends this process, and knows what its parent should be told on this system.</summary>
internal static partial class Deaths
{
    private const nint BadAddress = 16;
    private const string FailFastMessage = "failed fast on purpose";

    internal static string NameOf(Death death) => death switch
    {
        Death.ExitZero => "exit-0",
        Death.ExitFortyTwo => "exit-42",
        Death.FailFast => "fail-fast",
        Death.StackOverflow => "stack-overflow",
        Death.NativeCrash => "native-crash",
        _ => "kill",
    };

    internal static void Die(Death death)
    {
        switch (death)
        {
            case Death.ExitZero:
                Environment.Exit(0);
                break;
            case Death.ExitFortyTwo:
                Environment.Exit(42);
                break;
            case Death.FailFast:
                Environment.FailFast(FailFastMessage);
                break;
            case Death.StackOverflow:
                _ = Overflow(0);
                break;
            case Death.NativeCrash:
                _ = OperatingSystem.IsWindows() ? WindowsLengthOf(BadAddress) : LengthOf(BadAddress);
                break;
            case Death.Killed:
                using (var self = Process.GetCurrentProcess())
                    self.Kill();
                break;
        }

        // A signal to the process may reach another of its threads first.
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Checks that an exception says how the worker ended.</summary>
    internal static void CheckTold(Death death, WorkerCrashedException crash)
    {
        if (death is Death.ExitZero or Death.ExitFortyTwo)
        {
            Check.Equal(death == Death.ExitZero ? 0 : 42, crash.ExitCode);
            Check.Equal(null, crash.Signal);
        }
        else if (OperatingSystem.IsWindows())
        {
            // What the system calls an access violation and a stack overflow.
            if (death == Death.NativeCrash)
                Check.Equal("C0000005", $"{crash.ExitCode:X8}");
            else if (death == Death.StackOverflow)
                Check.Equal("C00000FD", $"{crash.ExitCode:X8}");
            else
                Check.That(crash.ExitCode is not (null or 0));
        }
        else
        {
            Check.Equal(death == Death.Killed ? "SIGKILL" : death == Death.NativeCrash ? "SIGSEGV" : "SIGABRT", crash.Signal);
        }

        if (death == Death.FailFast)
            Check.Contains(FailFastMessage, crash.StandardErrorTail);
        if (death == Death.StackOverflow)
            Check.Contains(nameof(Overflow), crash.StandardErrorTail);
    }

    private static int Overflow(int depth) => depth < 0 ? depth : Overflow(depth + 1) + 1;

    [LibraryImport("libc", EntryPoint = "strlen")]
    private static partial nint LengthOf(nint text);

    [LibraryImport("msvcrt", EntryPoint = "strlen")]
    private static partial nint WindowsLengthOf(nint text);
}
