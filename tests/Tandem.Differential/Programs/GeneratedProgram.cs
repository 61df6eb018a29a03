namespace Tandem.Differential.Programs;

/// <summary>A program that was generated when this was built.</summary>
/// <param name="Index">Its number: with the seed of the build, it gives the same text again.</param>
/// <param name="Refused">Why processes may refuse it: a value that its work reads may not travel.</param>
/// <param name="Run">The program.</param>
public sealed record GeneratedProgram(int Index, string? Refused, Func<Engine, int, Task<string>> Run);
