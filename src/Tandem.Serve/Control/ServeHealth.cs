namespace Tandem.Serve.Control;

/// <summary>The answers to probes.</summary>
/// <param name="NotLive">Why the supervisor does not work; null if it does.</param>
/// <param name="NotReady">Why no requests should be sent to this server; null if they may.</param>
internal readonly record struct ServeHealth(string? NotLive, string? NotReady);
