using System.Diagnostics;
using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Tests.Infrastructure;

/// <summary>The ways in which a worker process can end.</summary>
public enum Death
{
    Killed,
    SegmentationFault,
    ExitZero,
    ExitFortyTwo,
    FailFast,
    StackOverflow,
}

/// <summary>Ends this process, and knows what its parent should see of it.</summary>
internal static partial class Deaths
{
    private const nint BadAddress = 16;

    /// <summary>What a dying worker leaves on standard error.</summary>
    internal const string LastWords = "last words of a worker";

    internal static void Die(Death death)
    {
        switch (death)
        {
            case Death.Killed:
                Kill(Environment.ProcessId);
                break;
            case Death.SegmentationFault:
                // A real one, in native code. A signal that is sent is not enough: the runtime's handler takes the first for a fault that it
                // may continue from, and a second that comes before the first is taken is the same one to the kernel.
                _ = OperatingSystem.IsWindows() ? LengthOnWindows(BadAddress) : LengthOf(BadAddress);
                break;
            case Death.ExitZero:
                Environment.Exit(0);
                break;
            case Death.ExitFortyTwo:
                Environment.Exit(42);
                break;
            case Death.FailFast:
                Environment.FailFast("failed fast on purpose");
                break;
            case Death.StackOverflow:
                Overflow(0);
                break;
        }

        // A signal that was sent to the process may reach another of its threads first.
        Thread.Sleep(Timeout.Infinite);
    }

    internal static void Kill(int pid)
    {
        if (!OperatingSystem.IsWindows())
        {
            Signal(pid, "SIGKILL");
            return;
        }

        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    /// <summary>Starts a process that does nothing and is killed by whoever wants it to end.</summary>
    internal static Process StartSleeper() => OperatingSystem.IsWindows()
        ? Process.Start(new ProcessStartInfo(HostProgram.FilePath, ["sleep"]) { CreateNoWindow = true, RedirectStandardOutput = true })!
        : Process.Start("sleep", "1000");

    /// <summary>Sends a signal to a process that may be gone by now. Unix only.</summary>
    internal static void TrySend(int pid, string signal) => _ = Send(pid, SignalNames.NumberOf(signal));

    /// <summary>The same for SIGKILL, or what Windows has instead.</summary>
    internal static void TryKill(int pid)
    {
        if (!OperatingSystem.IsWindows())
        {
            TrySend(pid, "SIGKILL");
            return;
        }

        try
        {
            Kill(pid);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has exited.
        }
    }

    /// <summary>The process does nothing until it is continued. The kernel says so before each of its threads has stopped, hence the wait.</summary>
    internal static async Task StopAsync(int pid)
    {
        Signal(pid, "SIGSTOP");
        await Eventually.Async(() => ProcFs.IsStopped(pid), otherwise: () => $"Process {pid} did not stop.");
    }

    internal static void Continue(int pid) => Signal(pid, "SIGCONT");

    /// <summary>Checks that an exception tells how the worker ended.</summary>
    internal static void AssertTold(Death death, WorkerCrashedException crash)
    {
        Assert.Equal(ExpectedExit.Of(death), new ExpectedExit(crash.Signal, crash.ExitCode));
        Assert.NotEqual(Environment.ProcessId, crash.ProcessId);
        if (death == Death.FailFast)
            Assert.Contains("failed fast on purpose", crash.StandardErrorTail, StringComparison.Ordinal);
        if (death == Death.StackOverflow)
            Assert.Contains(nameof(Overflow), crash.StandardErrorTail, StringComparison.Ordinal);
    }

    private static int Overflow(int depth) => depth < 0 ? depth : Overflow(depth + 1) + 1;

    private static void Signal(int pid, string signal) => Assert.Equal(0, Send(pid, SignalNames.NumberOf(signal)));

    [LibraryImport("libc", EntryPoint = "strlen")]
    private static partial nint LengthOf(nint text);

    [LibraryImport("msvcrt", EntryPoint = "strlen")]
    private static partial nint LengthOnWindows(nint text);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int pid, int signal);
}

/// <summary>A key that ends the process which rebuilds a dictionary of it, unless that is the one where it was made.</summary>
public sealed class DeadlyKey(Death death) : IEquatable<DeadlyKey>
{
    private readonly int _home = Environment.ProcessId;

    public bool Equals(DeadlyKey? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => Equals(obj as DeadlyKey);

    public override int GetHashCode()
    {
        if (Environment.ProcessId != _home)
            Deaths.Die(death);

        return 1;
    }
}

/// <summary>An exception that ends the process which writes it down, unless that is the one where it was made.</summary>
public sealed class DeadlyException(Death death, int home) : Exception
{
    public override string Message
    {
        get
        {
            if (Environment.ProcessId != home)
                Deaths.Die(death);

            return "deadly";
        }
    }
}
