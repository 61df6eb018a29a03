namespace Tandem.Output;

/// <summary>How much may wait in a <see cref="LineWriter{TLine}"/>.</summary>
/// <param name="Lines">How many lines.</param>
/// <param name="Characters">How many characters in all of them.</param>
/// <param name="VitalLines">How many vital lines more.</param>
/// <param name="VitalCharacters">How many characters more in vital lines.</param>
internal sealed record LineLimits(int Lines, int Characters, int VitalLines = 0, int VitalCharacters = 0);
