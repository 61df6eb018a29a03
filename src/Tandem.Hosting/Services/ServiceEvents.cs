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
        var happened = new ServiceEvent { Kind = kind, Service = service, Time = DateTimeOffset.UtcNow, ProcessId = processId, Error = error };
        try
        {
            ServiceEventLog.Write(_logger, happened);
        }
        catch (Exception)
        {
            // A logger that throws an exception must not end the supervision.
        }

        if (Raised is { } handler)
            _queue.Enqueue(() => handler(sender, happened));
    }
}
