using Microsoft.Extensions.Logging;

namespace Tandem.Work;

/// <summary>
/// Logs what happens in the background of a pool, where there is no caller to throw an exception to. It does not refer to the pool.
/// </summary>
/// <param name="pool">The pool's name.</param>
/// <param name="factory">The user's logger factory; null if nothing is logged.</param>
internal sealed partial class BackgroundLog(string pool, ILoggerFactory? factory)
{
    /// <summary>The pool's name.</summary>
    internal string Pool { get; } = pool;

    /// <summary>Logs an error, or a warning if there is no exception. Never throws.</summary>
    internal void Write(string text, Exception? error)
    {
        try
        {
            if (factory is not null)
                WriteEntry(factory.CreateLogger("Tandem.Background"), error is null ? LogLevel.Warning : LogLevel.Error, error, Pool, text);
        }
        catch (Exception)
        {
            // The logger itself fails: there is nothing left to report to.
        }
    }

    [LoggerMessage(EventId = 1, EventName = "Background", Message = "'{Pool}': {Text}")]
    private static partial void WriteEntry(ILogger logger, LogLevel level, Exception? error, string pool, string text);
}
