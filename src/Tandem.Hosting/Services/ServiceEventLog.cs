using Microsoft.Extensions.Logging;

namespace Tandem.Hosting;

/// <summary>The log entries about services. Their ids are those of <see cref="ServiceEventKind"/>, plus 1.</summary>
internal static partial class ServiceEventLog
{
    internal static void Write(ILogger logger, ServiceEvent happened)
    {
        (ServiceEventKind kind, string service, int process, Exception? error) =
            (happened.Kind, happened.Service, happened.ProcessId, happened.Error);
        switch (kind)
        {
            case ServiceEventKind.Starting: Starting(logger, error, service, process, kind); break;
            case ServiceEventKind.Ready: Ready(logger, error, service, process, kind); break;
            case ServiceEventKind.Completed: Completed(logger, error, service, process, kind); break;
            case ServiceEventKind.Failed: Failed(logger, error, service, process, kind); break;
            case ServiceEventKind.Crashed: Crashed(logger, error, service, process, kind); break;
            case ServiceEventKind.Stopped: Stopped(logger, error, service, process, kind); break;
            case ServiceEventKind.RestartLimitReached: RestartLimitReached(logger, error, service, process, kind); break;
            default: throw new InvalidOperationException($"{kind} has no log entry.");
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "Service '{Service}' (process {ProcessId}): {Kind}")]
    private static partial void Starting(ILogger logger, Exception? error, string service, int processId, ServiceEventKind kind);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Service '{Service}' (process {ProcessId}): {Kind}")]
    private static partial void Ready(ILogger logger, Exception? error, string service, int processId, ServiceEventKind kind);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "Service '{Service}' (process {ProcessId}): {Kind}")]
    private static partial void Completed(ILogger logger, Exception? error, string service, int processId, ServiceEventKind kind);

    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "Service '{Service}' (process {ProcessId}): {Kind}")]
    private static partial void Failed(ILogger logger, Exception? error, string service, int processId, ServiceEventKind kind);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "Service '{Service}' (process {ProcessId}): {Kind}")]
    private static partial void Crashed(ILogger logger, Exception? error, string service, int processId, ServiceEventKind kind);

    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "Service '{Service}' (process {ProcessId}): {Kind}")]
    private static partial void Stopped(ILogger logger, Exception? error, string service, int processId, ServiceEventKind kind);

    [LoggerMessage(EventId = 7, Level = LogLevel.Critical, Message = "Service '{Service}' (process {ProcessId}): {Kind}")]
    private static partial void RestartLimitReached(ILogger logger, Exception? error, string service, int processId, ServiceEventKind kind);
}
