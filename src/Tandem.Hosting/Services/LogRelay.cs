using System.Collections;
using Microsoft.Extensions.Logging;
using Tandem.Hosting.Child;

namespace Tandem.Hosting;

/// <summary>Writes the log entries of services to this host's loggers, as if they had been logged here.</summary>
internal sealed class LogRelay(ILoggerFactory loggers)
{
    internal void Write(ServiceLog log, string service, int processId)
    {
        ILogger logger = loggers.CreateLogger(log.Category);
        if (!logger.IsEnabled(log.Level))
            return;

        var scopes = new Stack<IDisposable?>();
        scopes.Push(logger.BeginScope(new Entry($"{service} ({processId})", [new("Service", service), new("ProcessId", processId)])));
        foreach (LogScope scope in log.Scopes)
            scopes.Push(logger.BeginScope(new Entry(scope.Text, scope.State)));

        logger.Log(
            log.Level,
            new EventId(log.EventId, log.EventName),
            new Entry(log.Message, log.State),
            log.Error,
            static (entry, _) => entry.ToString());
        while (scopes.TryPop(out IDisposable? scope))
            scope?.Dispose();
    }

    /// <summary>The key-value pairs and the text of an entry or a scope.</summary>
    private sealed class Entry(string text, KeyValuePair<string, object?>[] pairs) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public int Count => pairs.Length;

        public KeyValuePair<string, object?> this[int index] => pairs[index];

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() =>
            ((IEnumerable<KeyValuePair<string, object?>>)pairs).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => text;
    }
}
