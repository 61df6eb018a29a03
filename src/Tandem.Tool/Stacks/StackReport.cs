using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json.Serialization;
using Tandem.Diagnostics;
using Tandem.Tool.Top.Watching;

namespace Tandem.Tool.Stacks;

/// <summary>The stacks of a process; what <c>--json</c> prints. Addresses are hexadecimal texts.</summary>
[SupportedOSPlatform("linux")]
internal sealed record StackReport(
    DateTimeOffset Time, int ProcessId, string Program, double PauseMilliseconds, IReadOnlyList<ThreadReport> Threads)
{
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Shown to users.")]
    internal static StackReport Of(StackSample sample) => new(
        DateTimeOffset.Now, sample.ProcessId, ProcFs.ProgramName(sample.ProcessId), Math.Round(sample.Pause.TotalMilliseconds, 2),
        [.. sample.Threads.Select(static thread => new ThreadReport(
            thread.Id, thread.ManagedId, thread.Name, StackText.StateOf(thread), thread.Role.Length > 0 ? thread.Role : null, Hex(thread.ProgramCounter),
            new StackRange(Hex(thread.StackBottom), Hex(thread.StackTop), Hex(thread.StackPointer), (long)(thread.StackTop - thread.StackBottom), (long)thread.StackUsed),
            [.. thread.Frames.Select(static frame => new FrameReport(
                frame.Kind == FrameKind.Managed ? "managed" : "native", Hex(frame.Address), Hex(frame.StackPointer), frame.Name, Source(frame)))],
            thread.Problem.Length > 0 ? thread.Problem : null))]);

    private static string Hex(ulong address) => string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");

    private static string? Source(StackFrame frame) => frame.Source.Length > 0 ? frame.Source[" in ".Length..] : null;
}

/// <summary>One thread.</summary>
internal sealed record ThreadReport(
    int Id, int? ManagedId, string Name, string State, string? Role, string ProgramCounter, StackRange Stack, IReadOnlyList<FrameReport> Frames, string? Problem);

/// <summary>Where a stack lies; sizes in bytes.</summary>
internal sealed record StackRange(string Bottom, string Top, string Pointer, long Size, long Used);

/// <summary>One frame.</summary>
internal sealed record FrameReport(string Kind, string Address, string StackPointer, string Name, string? Source);

/// <summary>Merged samples.</summary>
internal sealed record TreeReport(
    int ProcessId, string Program, int Samples, double LongestPauseMilliseconds, int Stacks, int Running, IReadOnlyList<TreeNode> Tree);

/// <summary>A method in the tree: in how many stacks it was, and in how many of threads that ran.</summary>
internal sealed record TreeNode(string Name, int Samples, int Running, IReadOnlyList<TreeNode> Children);

/// <summary>The reports as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 2048)]
[JsonSerializable(typeof(StackReport))]
[JsonSerializable(typeof(TreeReport))]
internal sealed partial class StacksJson : JsonSerializerContext;
