namespace Tandem.Tool.Stacks;

/// <summary>The address range of a stack; sizes in bytes.</summary>
internal sealed record StackRange(string Bottom, string Top, string Pointer, long Size, long Used);
