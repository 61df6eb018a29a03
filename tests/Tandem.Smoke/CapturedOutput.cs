using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Tandem.Smoke;

/// <summary>Keeps what a pool logs, which includes the lines that its workers print.</summary>
internal sealed class CapturedOutput : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    internal bool Contains(string text) => _lines.Any(line => line.Contains(text, StringComparison.Ordinal));

    internal string All => string.Join(" | ", _lines);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));

    public void Dispose()
    {
    }
}
