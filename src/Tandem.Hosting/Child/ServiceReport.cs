namespace Tandem.Hosting.Child;

/// <summary>A report of a service's host to the supervisor.</summary>
/// <param name="ProcessId">The process in which the service runs.</param>
/// <param name="IsReady">Whether the service is ready.</param>
/// <param name="Log">The log entry, if the report is one.</param>
internal sealed record ServiceReport(int ProcessId, bool IsReady = false, ServiceLog? Log = null);
