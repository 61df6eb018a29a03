using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Child;

/// <summary>Forwards a service's log entries, with their scopes, to the supervisor's host.</summary>
internal sealed class ForwardingLoggerProvider(IProgress<ServiceReport> reports) : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    private static KeyValuePair<string, object?>[] Pairs(object? state) => state is IEnumerable<KeyValuePair<string, object?>> pairs
        ? [.. pairs.Select(static pair => KeyValuePair.Create(pair.Key, Portable(pair.Value)))]
        : [];

    /// <summary>
    /// Converts a value of a log entry to one that can be serialized. The value may be anything, such as a stream or a container: simple
    /// values are kept, and others are converted to text.
    /// </summary>
    private static object? Portable(object? value) => value switch
    {
        null or string or decimal or DateTime or DateTimeOffset or TimeSpan or Guid => value,
        _ when value.GetType().IsPrimitive => value,
        _ => value.ToString(),
    };

    private sealed class Logger(ForwardingLoggerProvider provider, string category) : ILogger
    {
        public IDisposable BeginScope<TState>(TState state)
            where TState : notnull => provider._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var scopes = new List<LogScope>();
            provider._scopes.ForEachScope(static (scope, list) => list.Add(new LogScope(scope?.ToString() ?? "", Pairs(scope))), scopes);
            var entry = new ServiceLog(
                category, logLevel, eventId.Id, eventId.Name, formatter(state, exception), Pairs(state), [.. scopes], exception);
            provider.Reports.Report(new ServiceReport(Environment.ProcessId, Log: entry));
        }
    }

    private IProgress<ServiceReport> Reports => reports;
}
