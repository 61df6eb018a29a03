namespace Tandem.Serve.Worker.Sticky;

/// <summary>Another worker could not be reached, and nothing was sent to it.</summary>
internal sealed class PeerGoneException() : IOException("The worker that this client belongs to has exited.");
