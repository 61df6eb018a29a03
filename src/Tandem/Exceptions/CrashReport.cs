using System.Text;

namespace Tandem;

/// <summary>What is known about the exit of a worker process.</summary>
internal sealed record CrashReport(
    int ProcessId, int? ExitCode, string? Signal, string WorkItemName, int Attempt, string StandardErrorTail, string? Detail)
{
    internal string? ManagedStack { get; init; }

    internal bool IsOutOfMemorySuspected { get; init; }

    internal string? DumpPath { get; init; }

    internal EndedBy EndedBy { get; init; }

    internal string Describe()
    {
        var text = new StringBuilder($"Worker process {ProcessId} ");
        text.Append(Interop.ExitStatus.Describe(ExitCode, Signal));
        text.Append($" while it ran '{WorkItemName}'");
        if (Attempt > 1)
            text.Append($" (attempt {Attempt})");
        text.Append('.');
        if (Detail is not null)
            text.Append(' ').Append(Detail);
        if (IsOutOfMemorySuspected)
            text.Append(" It probably ended because memory ran out.");
        if (DumpPath is not null)
            text.Append($" Its dump is {DumpPath}.");
        if (StandardErrorTail.Length > 0)
            text.Append(" Its last lines on standard error:\n").Append(StandardErrorTail);
        return text.ToString();
    }
}
