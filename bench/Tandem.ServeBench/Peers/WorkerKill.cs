namespace Tandem.ServeBench.Peers;

/// <summary>A worker that was killed.</summary>
/// <param name="Timestamp">When, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> counts.</param>
/// <param name="ClientPorts">The clients' ports of the connections that it had accepted.</param>
internal sealed record WorkerKill(long Timestamp, IReadOnlySet<int> ClientPorts);
