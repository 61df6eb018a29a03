namespace Tandem.Serve.Control;

/// <summary>A command to a supervisor.</summary>
/// <param name="Command">status, reload, scale or stop.</param>
/// <param name="Workers">The number of workers, for scale.</param>
/// <param name="AtOnce">Whether to stop without waiting for requests, for stop.</param>
internal sealed record ControlRequest(string Command, int Workers = 0, bool AtOnce = false);
