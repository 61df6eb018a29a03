namespace Tandem;

/// <summary>
/// Thrown for a work item whose worker process ended while it ran: by a signal, by an unhandled exception, a stack overflow,
/// <see cref="Environment.FailFast(string)"/>, or by any exit, with code 0 too. Items that had not started ran elsewhere.
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

    /// <summary>The exit code, when the worker ended by itself; null when a signal ended it, and when <see cref="IsExitUnknown"/>.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The name of the signal that ended the worker, such as <c>SIGKILL</c> or <c>SIGSEGV</c>; null when it ended by itself, and when <see cref="IsExitUnknown"/>.</summary>
    public string? Signal { get; init; }

    /// <summary>
    /// Whether nobody can say how the worker ended: somebody else in this process has reaped it first. The runtime reaps every child where the program
    /// is the first process of a container; Linux says how those ended since version 6.15.
    /// </summary>
    public bool IsExitUnknown => ExitCode is null && Signal is null;

    /// <summary>Which run of the item it was, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The last lines that the worker wrote to standard error while it ran the item, where the runtime prints the stack of a crash.</summary>
    public string StandardErrorTail { get; init; } = "";

    /// <summary>The managed stack of the crash, where the runtime printed one; otherwise null.</summary>
    public string? ManagedStack { get; init; }

    /// <summary>Whether the process seems to have ended for want of memory: the kernel's killer, or the runtime's own words.</summary>
    public bool IsOutOfMemorySuspected { get; init; }

    /// <summary>Who ended the process.</summary>
    internal EndedBy EndedBy { get; init; }

    /// <summary>The file of the dump, where <see cref="ProcessPoolOptions.CollectDumps"/> is on and one was written; otherwise null.</summary>
    public string? DumpPath { get; init; }
}
