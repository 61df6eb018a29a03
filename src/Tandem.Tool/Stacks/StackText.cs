using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Compare;
using Tandem.Diagnostics;
using Tandem.Tool.Top.Watching;

namespace Tandem.Tool.Stacks;

/// <summary>Formats stacks as lines of text.</summary>
[SupportedOSPlatform("linux")]
internal static class StackText
{
    /// <summary>Reads the stacks of a process, or of one of its threads; returns the reason if that fails.</summary>
    internal static IReadOnlyList<string> Of(int processId, int? threadId)
    {
        try
        {
            using ProcessStacks stacks = ProcessStacks.Open(processId);
            return [.. Lines(stacks.Take(threadId))];
        }
        catch (StackException e)
        {
            return [e.Message];
        }
    }

    internal static IEnumerable<string> Lines(StackSample sample)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"Process {sample.ProcessId} ({ProcFs.ProgramName(sample.ProcessId)}), {Amount.Of(sample.Threads.Count, "thread")}, "
                + $"paused for {sample.Pause.TotalMilliseconds:0.0} ms");
        foreach (ThreadStack thread in sample.Threads)
        {
            yield return "";
            yield return Head(thread);
            yield return thread.Problem.Length > 0 ? $"   no stack: {thread.Problem}" : Range(thread);
            foreach (StackFrame frame in thread.Frames)
            {
                string kind = frame.Kind == StackFrameKind.Managed ? "at" : "--";
                yield return string.Create(CultureInfo.InvariantCulture, $"   {frame.Address:x12} {kind} {frame.Name}{frame.Source}");
            }
        }
    }

    internal static string StateOf(ThreadStack thread) => thread.State switch
    {
        'R' => "running",
        'S' => "waiting",
        'D' => "waiting for a device",
        'T' or 't' => "stopped",
        'Z' or 'X' => "ended",
        _ => "idle",
    };

    private static string Head(ThreadStack thread)
    {
        string managed = thread.ManagedId is { } id ? string.Create(CultureInfo.InvariantCulture, $", .NET {id}") : "";
        string role = thread.Role.Length > 0 ? $", {thread.Role}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"Thread {thread.Id} \"{thread.Name}\"{managed}{role}, {StateOf(thread)}");
    }

    private static string Range(ThreadStack thread)
    {
        string size = Kibibytes(thread.StackTop - thread.StackBottom);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"   stack {thread.StackBottom:x12}-{thread.StackTop:x12} ({size}), "
                + $"used {Kibibytes(thread.StackUsed)}; pc {thread.ProgramCounter:x12}");
    }

    private static string Kibibytes(ulong bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB");
}
