namespace Tandem.Serve.Control;

/// <summary>Why a worker was replaced.</summary>
internal sealed record RestartStatus(DateTimeOffset Time, string Reason);
