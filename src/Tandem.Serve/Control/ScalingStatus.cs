namespace Tandem.Serve.Control;

/// <summary>The state of scaling by the load.</summary>
/// <param name="Min">The minimum number of workers.</param>
/// <param name="Max">The maximum number of workers.</param>
/// <param name="State">The current load, as text for users.</param>
/// <param name="Ups">How often workers were added.</param>
/// <param name="Downs">How often a worker was removed.</param>
/// <param name="LastChange">When the number last changed, and why; null if it never did.</param>
internal sealed record ScalingStatus(int Min, int Max, string State, int Ups, int Downs, RestartStatus? LastChange);
