using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Child;

/// <summary>What a service's own host is built from. It travels to the service's process.</summary>
internal sealed record ServiceSpec(
    string ApplicationName,
    string EnvironmentName,
    string ContentRootPath,
    KeyValuePair<string, string?>[] Configuration,
    Action<HostApplicationBuilder>[] Configure,
    LogLevel MinimumLevel,
    TimeSpan ShutdownTimeout,
    bool SignalsReadiness,
    IProgress<ServiceReport> Reports);

/// <summary>What a service's host tells its supervisor.</summary>
/// <param name="ProcessId">Where it runs.</param>
/// <param name="IsReady">Whether the service is ready.</param>
/// <param name="Log">What was logged, if that is the reason.</param>
internal sealed record ServiceReport(int ProcessId, bool IsReady = false, ServiceLog? Log = null);

/// <summary>One log entry on its way to the loggers of the supervisor's host.</summary>
internal sealed record ServiceLog(
    string Category,
    LogLevel Level,
    int EventId,
    string? EventName,
    string Message,
    KeyValuePair<string, object?>[] State,
    LogScope[] Scopes,
    Exception? Error);

/// <summary>A scope in which something was logged: what it is as text, and its pairs if it has such.</summary>
internal sealed record LogScope(string Text, KeyValuePair<string, object?>[] State);
