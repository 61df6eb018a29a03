using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Hosting.Tests;

/// <summary>The log of events of services: loggers are user code.</summary>
public sealed class ServiceLogTests
{
    public static TheoryData<Isolation> Isolations => IsolatedServiceTests.Isolations;

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_logger_may_wait_for_another_thread_that_asks_for_the_state_of_the_services(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        var logger = new CallingLogger();
        test.Builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(logger);
        test.Supervise(static options => options.MaxRestarts = 1)
            .Add("fine", new Part(Ending.Told) { SaysReady = true })
            .Add("broken", new Part(Ending.Crashes) { SaysReady = true }, static options => options.DependsOn("fine"));
        IIsolatedServices services = test.Services;
        logger.Call = () => services.Snapshot();

        await Assert.ThrowsAsync<ServiceRestartLimitException>(() => test.Host.RunAsync());

        // Each event was logged, in order, before the host's loggers were disposed.
        string[] fine = [.. logger.Lines.Where(static line => line.Contains("'fine'", StringComparison.Ordinal)).Select(KindOf)];
        string[] broken = [.. logger.Lines.Where(static line => line.Contains("'broken'", StringComparison.Ordinal)).Select(KindOf)];
        Assert.Equal([nameof(ServiceEventKind.Starting), nameof(ServiceEventKind.Ready), nameof(ServiceEventKind.Stopped)], fine);
        Assert.Equal(2, broken.Count(static kind => kind == nameof(ServiceEventKind.Starting)));
        Assert.Equal((nameof(ServiceEventKind.Starting), nameof(ServiceEventKind.RestartLimitReached)), (broken[0], broken[^1]));
    }

    private static string KindOf(string line) => line[(line.LastIndexOf(' ') + 1)..];

    /// <summary>Calls back from another thread for each event of services, and waits for it.</summary>
    private sealed class CallingLogger : ILoggerProvider, ILogger
    {
        private bool _isDisposed;

        internal ConcurrentQueue<string> Lines { get; } = new();

        internal Action? Call { get; set; }

        public ILogger CreateLogger(string categoryName) =>
            categoryName == "Tandem.Hosting.ServiceSupervisor" ? this : NullLogger.Instance;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.False(Volatile.Read(ref _isDisposed));
            var thread = new Thread(() => Call!());
            thread.Start();
            thread.Join();
            Lines.Enqueue(formatter(state, exception));
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose() => Volatile.Write(ref _isDisposed, true);
    }
}
