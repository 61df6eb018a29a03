using Tandem.Interop;
using Tandem.Supervision;
using Tandem.Work;

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
            () => status.SignalName == "SIGKILL" && worker.KillReason is null && worker.OutOfMemoryKills < OutOfMemoryKiller.Count());
        By = Ends.Of(status, byPool: worker.KillReason is not null, outOfMemory: !worker.WasReady && _outOfMemory.Value);
        // A runtime that cannot begin exits with 137, which is 128 and SIGKILL's number, but says why first. Who is killed then has said nothing yet.
        if (By == EndedBy.Outside && status.IsGuess && !worker.WasReady && worker.ErrorTail.Length > 0)
            By = EndedBy.Itself;
        Headline = By == EndedBy.Itself ? CrashStack.Headline(worker.ErrorTail) : null;
    }

    /// <summary>How the process ended.</summary>
    internal ExitStatus Status { get; }

    /// <summary>Who ended it.</summary>
    internal EndedBy By { get; }

    /// <summary>What the runtime said when it ended the process, such as the type and the message of an unhandled exception; else null.</summary>
    internal string? Headline { get; }

    /// <summary>The exception for an item, or an element of a chunk, that ran.</summary>
    internal Exception Describe(WorkItem item, int element)
    {
        string name = item.NameOf(element);
        string tail = _worker.ErrorsSince(_worker.Link.StartedAt(item.Slot, item.Sequence));
        var crash = new WorkerCrashedException(new CrashReport(
            _worker.ProcessId, Status.Code, Status.SignalName, name, item.Attempt, tail, _worker.KillReason)
        {
            ManagedStack = CrashStack.Find(tail),
            IsOutOfMemorySuspected = _outOfMemory.Value || CrashStack.SaysOutOfMemory(tail),
            DumpPath = _dump.Value,
            EndedBy = By,
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

    /// <summary>What stands before the first frame, such as the type and the message of an unhandled exception; null where there is nothing.</summary>
    internal static string? Headline(string output)
    {
        const string Unhandled = "Unhandled exception. ";
        const int MostLines = 10;
        string[] lines = output.Split('\n');
        int first = Array.FindLastIndex(lines, static line => Array.Exists(Headlines, headline => line.StartsWith(headline, StringComparison.Ordinal)));
        if (first < 0)
            return null;

        int end = Array.FindIndex(lines, first, static line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        end = Math.Min(end < 0 ? lines.Length : end, first + MostLines);
        string headline = string.Join('\n', lines[first..end]).Trim();
        return headline.StartsWith(Unhandled, StringComparison.Ordinal) ? $"Unhandled exception: {headline[Unhandled.Length..]}" : headline;
    }

    internal static bool SaysOutOfMemory(string output) =>
        output.Contains("Out of memory", StringComparison.Ordinal) || output.Contains(nameof(OutOfMemoryException), StringComparison.Ordinal);
}
