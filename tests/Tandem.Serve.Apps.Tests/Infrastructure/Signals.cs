using System.Runtime.InteropServices;

namespace Tandem.Serve.Apps.Tests.Infrastructure;

/// <summary>Signals that .NET's <see cref="System.Diagnostics.Process"/> does not send.</summary>
internal static partial class Signals
{
    internal const int HangUp = 1;
    internal const int Kill = 9;
    internal const int Terminate = 15;

    internal static void Send(int pid, int signal) => Assert.Equal(0, SendSignal(pid, signal));

    /// <summary>For the end of a test, when the process may be gone.</summary>
    internal static void TrySend(int pid, int signal) => _ = SendSignal(pid, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
