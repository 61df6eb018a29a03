using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Tandem.Tests.Infrastructure;

/// <summary>Takes what workers write, when it is told to, and counts it.</summary>
internal sealed class StallingLog : ILoggerFactory, ILogger
{
    private readonly ManualResetEventSlim _flows = new(initialState: true);
    private int _taken;
    private int _missed;

    /// <summary>Lines that came.</summary>
    internal int Taken => Volatile.Read(ref _taken);

    /// <summary>Lines that are said to be missing.</summary>
    internal int Missed => Volatile.Read(ref _missed);

    internal bool IsWaiting { get; private set; }

    internal bool WaitsOnThreadPool { get; private set; }

    internal bool Throws { get; set; }

    internal void Stall() => _flows.Reset();

    internal void Flow() => _flows.Set();

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => categoryName == "Tandem.Worker.Output" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!_flows.IsSet)
        {
            WaitsOnThreadPool = Thread.CurrentThread.IsThreadPoolThread;
            IsWaiting = true;
        }

        _flows.Wait();
        if (Throws)
            throw new InvalidOperationException("It throws, as it was told to.");

        string text = formatter(state, exception);
        if (text.Contains("were dropped", StringComparison.Ordinal))
            Interlocked.Add(ref _missed, int.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture));
        else if (text.EndsWith("a line of output", StringComparison.Ordinal))
            Interlocked.Increment(ref _taken);
    }

    public void Dispose() => _flows.Set();
}
