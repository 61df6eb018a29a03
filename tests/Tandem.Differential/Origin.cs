namespace Tandem.Differential;

/// <summary>Where a value came from: any process can make it again.</summary>
/// <param name="Value">The index in <see cref="Corpus.All"/>.</param>
/// <param name="Seed">What the generator was given.</param>
public readonly record struct Origin(int Value, int Seed);
