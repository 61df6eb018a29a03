using Tandem.Interop;
using Tandem.Supervision;

namespace Tandem.Processes;

/// <summary>What can be found out about a worker process that has ended.</summary>
internal sealed class Forensics
{
    private readonly ProcessWorker _worker;
    // Files are read for an item that ran, once, and not for a worker that ended as it should or had nothing to do.
    private readonly Lazy<string?> _dump;
    private readonly Lazy<bool> _outOfMemory;

    internal Forensics(ProcessWorker worker, ExitStatus status)
    {
        _worker = worker;
        Status = status;
        _dump = new Lazy<string?>(worker.FindDump);
        _outOfMemory = new Lazy<bool>(
            () => status.Signal == Libc.SIGKILL
                && worker.Leaving.KillReason is null
                && worker.OutOfMemoryKills < OutOfMemoryKiller.Count());
        By = ExitAttribution.Of(status, byPool: worker.Leaving.KillReason is not null, outOfMemory: !worker.WasReady && _outOfMemory.Value);
        // A runtime that cannot begin exits with 137, which is 128 and SIGKILL's number, but says why first. A process that is
        // killed then has said nothing yet.
        if (By == EndedBy.Outside && status.IsGuess && !worker.WasReady && worker.ErrorTail.Length > 0)
            By = EndedBy.Itself;
        Headline = By == EndedBy.Itself ? CrashStack.Headline(worker.ErrorTail) : null;
    }

    /// <summary>How the process ended.</summary>
    internal ExitStatus Status { get; }

    /// <summary>Who ended it.</summary>
    internal EndedBy By { get; }

    /// <summary>
    /// What the runtime said when it ended the process, such as the type and the message of an unhandled exception; else null.
    /// </summary>
    internal string? Headline { get; }

    /// <summary>The exception for an item, or an element of a chunk, that ran.</summary>
    internal Exception Describe(RemoteItem item, int element)
    {
        string name = item.NameOf(element);
        string tail = _worker.ErrorsSince(_worker.Link.StartedAt(item.Slot, item.Sequence));
        var crash = new WorkerCrashedException(new CrashReport(
            _worker.ProcessId, Status.Code, Status.SignalName, name, item.Attempt, tail, _worker.Leaving.KillReason)
        {
            ManagedStack = CrashStack.Find(tail),
            IsOutOfMemorySuspected = _outOfMemory.Value || CrashStack.SaysOutOfMemory(tail)
                || (Status.Code is { } code && WindowsExitCodes.IsOutOfMemory(code))
                || MayHaveReachedLimit(item),
            DumpPath = _dump.Value,
            EndedBy = By,
        });
        return item.Limits is { MaxMemory: > 0 and var limit } && crash.IsOutOfMemorySuspected
            ? new WorkMemoryException(name, limit, "its worker process ended for want of memory.", crash)
            : crash;
    }

    /// <summary>
    /// Whether a process ended itself by a signal, without a word, while an item ran that may have held at least half of its memory limit.
    /// A look that is older than the interval of looks and a half says nothing.
    /// </summary>
    private bool MayHaveReachedLimit(RemoteItem item) =>
        item.Limits is { MaxMemory: > 0 and var limit }
        && By == EndedBy.Itself && Status.Signal is not null && Headline is null
        && _worker.MemoryLook?.MayHaveReached(limit / 2, Status, 1.5 * Deadlines.MemoryInterval) == true;
}
