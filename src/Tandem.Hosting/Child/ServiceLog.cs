using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Child;

/// <summary>A log entry for the loggers of the supervisor's host.</summary>
internal sealed record ServiceLog(
    string Category,
    LogLevel Level,
    int EventId,
    string? EventName,
    string Message,
    KeyValuePair<string, object?>[] State,
    LogScope[] Scopes,
    Exception? Error);
