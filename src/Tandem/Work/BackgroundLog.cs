using Microsoft.Extensions.Logging;

namespace Tandem.Work;

/// <summary>Logs what happened in a pool's background, where nobody can be told by an exception. It does not hold the pool.</summary>
/// <param name="pool">The pool's name.</param>
/// <param name="factory">The user's; null where nothing is logged.</param>
internal sealed partial class BackgroundLog(string pool, ILoggerFactory? factory)
{
    /// <summary>The pool's name.</summary>
    internal string Pool { get; } = pool;

    /// <summary>Logs, as a warning or with an error. Never throws.</summary>
    internal void Write(string text, Exception? error)
    {
        try
        {
            if (factory is not null)
                WriteEntry(factory.CreateLogger("Tandem.Background"), error is null ? LogLevel.Warning : LogLevel.Error, error, Pool, text);
        }
        catch (Exception)
        {
            // A logger that fails has nobody else to tell.
        }
    }

    [LoggerMessage(EventId = 1, EventName = "Background", Message = "'{Pool}': {Text}")]
    private static partial void WriteEntry(ILogger logger, LogLevel level, Exception? error, string pool, string text);
}
