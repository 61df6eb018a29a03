using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Tandem.Tests.Infrastructure;

/// <summary>One entry of a <see cref="CapturedLog"/>.</summary>
internal sealed record LogEntry(string Category, LogLevel Level, string Text);

/// <summary>Keeps what is logged.</summary>
internal sealed class CapturedLog : ILoggerFactory
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();

    internal LogEntry[] Entries => [.. _entries];

    /// <summary>What workers wrote to their streams.</summary>
    internal LogEntry[] Output => [.. _entries.Where(entry => entry.Category == "Tandem.Worker.Output")];

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Category(CapturedLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log._entries.Enqueue(new LogEntry(name, logLevel, formatter(state, exception)));
    }
}
