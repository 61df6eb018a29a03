using Microsoft.Extensions.Logging;
using Tandem.BackgroundWork;

namespace Tandem.Hosting;

/// <summary>Reports events of services: logs them and raises the event, in order and on the thread pool.</summary>
/// <remarks>Loggers and handlers are user code, so they never run under the locks of the caller.</remarks>
internal sealed class ServiceEvents(ILoggerFactory loggers, object sender)
{
    private readonly ILogger _logger = loggers.CreateLogger("Tandem.Hosting.ServiceSupervisor");
    private readonly SerialQueue _logs = new(); // writes the log
    private readonly SerialQueue _handlers = new(); // runs the handlers: one that does not return does not delay the log

    internal event EventHandler<ServiceEvent>? Raised;

    internal void Raise(ServiceEvent happened)
    {
        _logs.Enqueue(() => ServiceEventLog.Write(_logger, happened));
        if (Raised is { } handler)
            _handlers.Enqueue(() => handler(sender, happened));
    }

    /// <summary>Completes when all events so far are logged: a host disposes its loggers after it has stopped its services.</summary>
    internal Task FlushLogAsync()
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _logs.Enqueue(flushed.SetResult);
        return flushed.Task;
    }
}
