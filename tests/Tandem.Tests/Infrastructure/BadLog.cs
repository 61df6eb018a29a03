using Microsoft.Extensions.Logging;

namespace Tandem.Tests.Infrastructure;

/// <summary>A logger that does something bad with each entry, such as to throw or to block.</summary>
internal sealed class BadLog(Action act) : ILoggerFactory, ILogger
{
    private int _entries;

    internal int Entries => Volatile.Read(ref _entries);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Interlocked.Increment(ref _entries);
        act();
    }
}
