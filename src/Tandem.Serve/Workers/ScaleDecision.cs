namespace Tandem.Serve.Workers;

/// <summary>The decision to change the number of workers.</summary>
/// <param name="Workers">The new number.</param>
/// <param name="Reason">The reason, as text for users.</param>
internal sealed record ScaleDecision(int Workers, string Reason);
