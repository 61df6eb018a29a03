namespace Tandem;

/// <summary>
/// Thrown for a work item whose worker process ended while the item was running: because of a signal, an unhandled exception, a stack
/// overflow, <see cref="Environment.FailFast(string)"/>, or any exit, even with exit code 0. Items that had not started run on other
/// workers.
/// </summary>
public sealed class WorkerCrashedException : WorkException
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause; <see langword="null"/> for none.</param>
    public WorkerCrashedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    internal WorkerCrashedException(CrashReport report)
        : base(report.Describe())
    {
        ProcessId = report.ProcessId;
        ExitCode = report.ExitCode;
        Signal = report.Signal;
        WorkItemName = report.WorkItemName;
        Attempt = report.Attempt;
        StandardErrorTail = report.StandardErrorTail;
        ManagedStack = report.ManagedStack;
        IsOutOfMemorySuspected = report.IsOutOfMemorySuspected;
        DumpPath = report.DumpPath;
        EndedBy = report.EndedBy;
    }

    /// <summary>The process id of the worker.</summary>
    public int ProcessId { get; init; }

    /// <summary>
    /// The exit code, if the worker exited by itself; null if a signal ended it, or if <see cref="IsExitUnknown"/> is set. On Windows,
    /// every worker has an exit code: after a fault it is the code of the exception, such as 0xC0000005 (as a negative number) for an
    /// access violation. The message has it in hexadecimal, with its name.
    /// </summary>
    public int? ExitCode { get; init; }

    /// <summary>
    /// The name of the signal that ended the worker, such as <c>SIGKILL</c> or <c>SIGSEGV</c>; null if the worker exited by itself, or if
    /// <see cref="IsExitUnknown"/> is set. Windows has no signals.
    /// </summary>
    public string? Signal { get; init; }

    /// <summary>
    /// Whether it is unknown how the worker ended, because other code in this process reaped it first. If the program is the first process
    /// of a container, the runtime reaps every child process; Linux still reports how these ended since version 6.15.
    /// </summary>
    public bool IsExitUnknown => ExitCode is null && Signal is null;

    /// <summary>The number of this attempt to run the item, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>
    /// The last lines that the worker wrote to standard error while it was running the item. The runtime writes the stack of a crash there.
    /// </summary>
    public string StandardErrorTail { get; init; } = "";

    /// <summary>The managed stack of the crash, if the runtime printed one; otherwise null.</summary>
    public string? ManagedStack { get; init; }

    /// <summary>
    /// Whether the process probably ended because memory ran out, according to the kernel or to the output of the runtime.
    /// </summary>
    public bool IsOutOfMemorySuspected { get; init; }

    /// <summary>Who ended the process.</summary>
    internal EndedBy EndedBy { get; init; }

    /// <summary>
    /// The path of the dump, if <see cref="ProcessPoolOptions.CollectDumps"/> is set and a dump was written; otherwise null.
    /// </summary>
    public string? DumpPath { get; init; }
}
