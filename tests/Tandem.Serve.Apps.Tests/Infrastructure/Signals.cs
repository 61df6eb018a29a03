using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Tandem.Serve.Apps.Tests.Infrastructure;

/// <summary>Signals that .NET's <see cref="Process"/> does not send.</summary>
internal static partial class Signals
{
    internal const int HangUp = 1;
    internal const int Kill = 9;
    internal const int Terminate = 15;

    internal static void Send(int pid, int signal) => Assert.Equal(0, SendSignal(pid, signal));

    /// <summary>For the end of a test, when the process may be gone.</summary>
    internal static void TrySend(int pid, int signal) => _ = SendSignal(pid, signal);

    /// <summary>For the end of a test: ends a program and all processes that it has started, and waits until they are gone.</summary>
    /// <param name="program">The program.</param>
    /// <param name="marker">What its processes have in their environment.</param>
    internal static async Task KillAllAsync(Process program, string marker)
    {
        foreach (string survivor in Shell.Survivors(marker))
            TrySend(int.Parse(survivor.Split(':')[0], CultureInfo.InvariantCulture), Kill);

        await program.WaitForExitAsync(CancellationToken.None);
        await Eventually.Async(() => Shell.Survivors(marker) is []); // or they would write to a folder while it is deleted
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
