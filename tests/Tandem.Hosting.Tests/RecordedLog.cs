using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Tests;

/// <summary>One entry of a <see cref="RecordedLog"/>.</summary>
internal sealed record Entry(string Category, LogLevel Level, EventId Id, string Text, Exception? Error, KeyValuePair<string, object?>[] State, object?[] Scopes)
{
    /// <summary>The service whose host logged this.</summary>
    internal string? Service => Scopes.OfType<IEnumerable<KeyValuePair<string, object?>>>().SelectMany(static scope => scope)
        .FirstOrDefault(static pair => pair.Key == "Service").Value as string;
}

/// <summary>Keeps what a host logs, in order.</summary>
internal sealed class RecordedLog : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<Entry> _entries = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    internal Entry[] Entries => [.. _entries];

    /// <summary>What services said, in order: the service's name and the text.</summary>
    internal string[] Said => [.. _entries.Where(static entry => entry.Category == typeof(Speaker).FullName).Select(static entry => $"{entry.Service} {entry.Text}")];

    internal int Count(string said) => Said.Count(line => line == said);

    internal Task WaitAsync(string said, int times = 1) =>
        Eventually.Async(() => Count(said) >= times, otherwise: () => $"'{said}' was said {Count(said)} times, not {times}:\n{this}");

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    public override string ToString() => string.Join('\n', _entries.Select(static entry => $"{entry.Level} {entry.Category} {entry.Service}: {entry.Text} {entry.Error}"));

    private sealed class Logger(RecordedLog log, string category) : ILogger
    {
        public IDisposable BeginScope<TState>(TState state)
            where TState : notnull => log._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var scopes = new List<object?>();
            log._scopes.ForEachScope(static (scope, list) => list.Add(scope), scopes);
            KeyValuePair<string, object?>[] pairs = state is IEnumerable<KeyValuePair<string, object?>> some ? [.. some] : [];
            log._entries.Enqueue(new Entry(category, logLevel, eventId, formatter(state, exception), exception, pairs, [.. scopes]));
        }
    }
}
