namespace Tandem.Output;

/// <summary>The capacity of a <see cref="LineWriter{TLine}"/>.</summary>
/// <param name="Lines">The maximum number of lines.</param>
/// <param name="Characters">The maximum number of characters of all lines.</param>
/// <param name="VitalLines">The maximum number of additional vital lines.</param>
/// <param name="VitalCharacters">The maximum number of additional characters in vital lines.</param>
internal sealed record LineLimits(int Lines, int Characters, int VitalLines = 0, int VitalCharacters = 0);
