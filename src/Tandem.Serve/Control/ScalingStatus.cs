namespace Tandem.Serve.Control;

/// <summary>How the load decides how many workers there are to be.</summary>
/// <param name="Min">The fewest.</param>
/// <param name="Max">The most.</param>
/// <param name="State">What it sees at the moment.</param>
/// <param name="Ups">How often it had workers added.</param>
/// <param name="Downs">How often it had one end.</param>
/// <param name="LastChange">When it did so last, and why; null for never.</param>
internal sealed record ScalingStatus(int Min, int Max, string State, int Ups, int Downs, RestartStatus? LastChange);
