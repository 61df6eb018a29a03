using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tandem.BackgroundWork;

namespace Tandem.Hosting;

/// <summary>Reports events of services: logs them and raises the event, in order and on the thread pool.</summary>
internal sealed class ServiceEvents(ILoggerFactory loggers, object sender)
{
    private readonly ILogger _logger = loggers.CreateLogger("Tandem.Hosting.ServiceSupervisor");
    private readonly SerialQueue _queue = new();

    internal event EventHandler<ServiceEvent>? Raised;

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Users compare the time of an event with their logs.")]
    internal void Raise(ServiceEventKind kind, string service, int processId, Exception? error)
    {
        LogLevel level = kind switch
        {
            ServiceEventKind.RestartLimitReached => LogLevel.Critical,
            ServiceEventKind.Crashed or ServiceEventKind.Failed => LogLevel.Error,
            ServiceEventKind.Ready or ServiceEventKind.Stopped or ServiceEventKind.Completed => LogLevel.Information,
            _ => LogLevel.Debug,
        };
        try
        {
            _logger.Log(level, new EventId((int)kind + 1, kind.ToString()), error, "Service '{Service}' (process {ProcessId}): {Kind}", service, processId, kind);
        }
        catch (Exception)
        {
            // A logger that throws an exception must not end the supervision.
        }

        if (Raised is { } handler)
        {
            var happened = new ServiceEvent(kind, service, DateTimeOffset.UtcNow, processId, error);
            _queue.Enqueue(() => handler(sender, happened));
        }
    }
}
