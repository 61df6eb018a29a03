using Tandem.Launch;
using Tandem.Supervision;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>What can be found out about a worker process that has ended.</summary>
internal sealed class Forensics
{
    private readonly ProcessWorker _worker;
    private readonly ExitStatus _status;
    // Files are read for an item that ran, once, and not for a worker that ended as it should or had nothing to do.
    private readonly Lazy<string?> _dump;
    private readonly Lazy<bool> _outOfMemory;

    internal Forensics(ProcessWorker worker, ExitStatus status)
    {
        _worker = worker;
        _status = status;
        _dump = new Lazy<string?>(worker.FindDump);
        _outOfMemory = new Lazy<bool>(
            () => status.SignalName == "SIGKILL" && worker.KillReason is null && worker.OutOfMemoryKills < OutOfMemoryKiller.Count());
    }

    /// <summary>The exception for an item, or an element of a chunk, that ran.</summary>
    internal Exception Describe(WorkItem item, int element)
    {
        string name = item.NameOf(element);
        string tail = _worker.ErrorsSince(_worker.Link.StartedAt(item.Slot, item.Sequence));
        var crash = new WorkerCrashedException(new CrashReport(
            _worker.ProcessId, _status.Code, _status.SignalName, name, item.Attempt, tail, _worker.KillReason)
        {
            ManagedStack = CrashStack.Find(tail),
            IsOutOfMemorySuspected = _outOfMemory.Value || CrashStack.SaysOutOfMemory(tail),
            DumpPath = _dump.Value,
        });
        return item.Limits is { MemoryLimit: > 0 and var limit } && crash.IsOutOfMemorySuspected
            ? new WorkMemoryException(name, limit, "its worker process ended for want of memory.", crash)
            : crash;
    }
}

/// <summary>Finds what the runtime prints about a crash in the lines of standard error.</summary>
internal static class CrashStack
{
    // The runtime's own words: "Unhandled exception. System…", "Stack overflow.", "Process terminated.", "Fatal error."
    private static readonly string[] Headlines = ["Unhandled exception.", "Stack overflow.", "Process terminated.", "Fatal error.", "Out of memory."];

    /// <summary>The lines from the runtime's headline to the last frame; null where there are none.</summary>
    internal static string? Find(string output)
    {
        string[] lines = output.Split('\n');
        int first = Array.FindLastIndex(lines, static line => Array.Exists(Headlines, headline => line.StartsWith(headline, StringComparison.Ordinal)));
        if (first < 0)
            return null;

        int last = Array.FindLastIndex(lines, static line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        return last > first ? string.Join('\n', lines[first..(last + 1)]) : null;
    }

    internal static bool SaysOutOfMemory(string output) =>
        output.Contains("Out of memory", StringComparison.Ordinal) || output.Contains(nameof(OutOfMemoryException), StringComparison.Ordinal);
}
