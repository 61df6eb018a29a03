namespace Tandem.Tool.Stacks;

/// <summary>One thread.</summary>
internal sealed record ThreadReport(
    int Id,
    int? ManagedId,
    string Name,
    string State,
    string? Role,
    string ProgramCounter,
    StackRange Stack,
    IReadOnlyList<FrameReport> Frames,
    string? Problem);
