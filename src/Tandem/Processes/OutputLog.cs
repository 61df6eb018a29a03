using Microsoft.Extensions.Logging;

namespace Tandem.Processes;

/// <summary>The log entries for what worker processes print.</summary>
internal static partial class OutputLog
{
    [LoggerMessage(EventId = 1, EventName = "Line", Message = "[worker {ProcessId}] {Line}")]
    internal static partial void Line(ILogger logger, LogLevel level, int processId, string line);

    [LoggerMessage(
        EventId = 2, EventName = "Dropped", Level = LogLevel.Warning,
        Message = "{Dropped} lines of workers were dropped here, because the logger took none")]
    internal static partial void Dropped(ILogger logger, long dropped);
}
