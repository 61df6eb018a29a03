namespace Tandem.Serve.Control;

/// <summary>What probes are told.</summary>
/// <param name="NotLive">Why the supervisor does not work any more; null while it does.</param>
/// <param name="NotReady">Why no requests should be sent; null while they should.</param>
internal readonly record struct ServeHealth(string? NotLive, string? NotReady);
