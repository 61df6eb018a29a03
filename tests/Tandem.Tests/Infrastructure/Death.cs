using System.Runtime.InteropServices;

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
    private const int SIGKILL = 9;
    private const nint BadAddress = 16;

    /// <summary>What a dying worker leaves on standard error.</summary>
    internal const string LastWords = "last words of a worker";

    internal static void Die(Death death)
    {
        switch (death)
        {
            case Death.Killed:
                Signal(Environment.ProcessId, SIGKILL);
                break;
            case Death.SegmentationFault:
                // A real one, in native code. A signal that is sent is not enough: the runtime's handler takes the first for a fault that it
                // may continue from, and a second that comes before the first is taken is the same one to the kernel.
                _ = LengthOf(BadAddress);
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

    internal static void Kill(int pid) => Signal(pid, SIGKILL);

    /// <summary>Sends a signal to a process that may be gone by now.</summary>
    internal static void TrySend(int pid, int signal) => _ = Send(pid, signal);

    /// <summary>The process does nothing until it is continued. The kernel says so before each of its threads has stopped, hence the wait.</summary>
    internal static async Task StopAsync(int pid)
    {
        Signal(pid, 19);
        await Eventually.Async(() => ProcFs.IsStopped(pid), otherwise: () => $"Process {pid} did not stop.");
    }

    internal static void Continue(int pid) => Signal(pid, 18);

    /// <summary>Checks that an exception tells how the worker ended.</summary>
    internal static void AssertTold(Death death, WorkerCrashedException crash)
    {
        (string? signal, int? code) = death switch
        {
            Death.Killed => ("SIGKILL", (int?)null),
            Death.SegmentationFault => ("SIGSEGV", null),
            Death.ExitZero => (null, 0),
            Death.ExitFortyTwo => (null, 42),
            _ => ("SIGABRT", null),
        };
        Assert.Equal(signal, crash.Signal);
        Assert.Equal(code, crash.ExitCode);
        Assert.NotEqual(Environment.ProcessId, crash.ProcessId);
        if (death == Death.FailFast)
            Assert.Contains("failed fast on purpose", crash.StandardErrorTail, StringComparison.Ordinal);
        if (death == Death.StackOverflow)
            Assert.Contains(nameof(Overflow), crash.StandardErrorTail, StringComparison.Ordinal);
    }

    private static int Overflow(int depth) => depth < 0 ? depth : Overflow(depth + 1) + 1;

    private static void Signal(int pid, int signal) => Assert.Equal(0, Send(pid, signal));

    [LibraryImport("libc", EntryPoint = "strlen")]
    private static partial nint LengthOf(nint text);

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
