namespace Tandem.Serve.Protocol;

/// <summary>A worker as one supervisor tells the next of it.</summary>
/// <param name="ProcessId">Its process.</param>
/// <param name="Entry">Its entry on the board.</param>
internal sealed record ServingProcess(int ProcessId, int Entry);
