namespace Tandem.Serve.Workers;

/// <summary>A request that was aborted and still runs.</summary>
/// <param name="ThreadId">The system's id of the thread that it holds; 0 if it holds none.</param>
/// <param name="Request">A description of the request, for users.</param>
internal sealed record StuckRequest(int ThreadId, string Request);
