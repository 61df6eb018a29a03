namespace Tandem.Serve.Workers;

/// <summary>That there are to be more workers, or fewer.</summary>
/// <param name="Workers">How many.</param>
/// <param name="Reason">Why, for people.</param>
internal sealed record ScaleDecision(int Workers, string Reason);
