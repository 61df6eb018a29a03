namespace Tandem.Serve.Workers;

/// <summary>Why a worker was replaced.</summary>
internal sealed record RestartNote(DateTimeOffset Time, string Reason);
