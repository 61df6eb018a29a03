using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Diagnostics;
using Tandem.Tool.Top.Watching;

namespace Tandem.Tool.Stacks;

/// <summary>The stacks of a process, as <c>--json</c> prints them. Addresses are hexadecimal strings.</summary>
[SupportedOSPlatform("linux")]
internal sealed record StackReport(
    DateTimeOffset Time, int ProcessId, string Program, double PauseMilliseconds, IReadOnlyList<ThreadReport> Threads)
{
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Shown to users.")]
    internal static StackReport Of(StackSample sample) => new(
        DateTimeOffset.Now, sample.ProcessId, ProcFs.ProgramName(sample.ProcessId), Math.Round(sample.Pause.TotalMilliseconds, 2),
        [.. sample.Threads.Select(static thread => new ThreadReport(
            thread.Id,
            thread.ManagedId,
            thread.Name,
            StackText.StateOf(thread),
            thread.Role.Length > 0 ? thread.Role : null,
            Hex(thread.ProgramCounter),
            new StackRange(
                Hex(thread.StackBottom),
                Hex(thread.StackTop),
                Hex(thread.StackPointer),
                (long)(thread.StackTop - thread.StackBottom),
                (long)thread.StackUsed),
            [.. thread.Frames.Select(static frame => new FrameReport(
                frame.Kind == StackFrameKind.Managed ? "managed" : "native",
                Hex(frame.Address),
                Hex(frame.StackPointer),
                frame.Name,
                Source(frame)))],
            thread.Problem.Length > 0 ? thread.Problem : null))]);

    private static string Hex(ulong address) => string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");

    private static string? Source(StackFrame frame) => frame.Source.Length > 0 ? frame.Source[" in ".Length..] : null;
}
