using Microsoft.Extensions.Logging;

namespace Tandem.Events;

/// <summary>The log entries of a pool about its workers. Their ids are those of <see cref="WorkerEventKind"/>, plus 1.</summary>
internal static partial class PoolLog
{
    /// <summary>Logs what happened to a worker.</summary>
    /// <param name="logger">The logger of the pool.</param>
    /// <param name="happened">The event.</param>
    /// <param name="error">The exception that caused the event; null for none.</param>
    internal static void Write(ILogger logger, WorkerEvent happened, Exception? error)
    {
        (WorkerEventKind kind, string pool, int worker, string detail) = (happened.Kind, happened.Pool, happened.WorkerId, happened.Detail);
        switch (kind)
        {
            case WorkerEventKind.Started: Started(logger, worker, pool, kind); break;
            case WorkerEventKind.Ready when detail.Length > 0: ReadyWith(logger, worker, pool, kind, detail); break;
            case WorkerEventKind.Ready: Ready(logger, worker, pool, kind); break;
            case WorkerEventKind.Crashed: Crashed(logger, error, worker, pool, kind, detail); break;
            case WorkerEventKind.Recycled: Recycled(logger, error, worker, pool, kind, detail); break;
            case WorkerEventKind.Killed: Killed(logger, error, worker, pool, kind, detail); break;
            case WorkerEventKind.Ended: Ended(logger, worker, pool, kind); break;
            case WorkerEventKind.StartFailed: StartFailed(logger, error, worker, pool, kind, detail); break;
            case WorkerEventKind.RestartLimitReached: RestartLimitReached(logger, error, worker, pool, kind, detail); break;
            case WorkerEventKind.Abandoned: Abandoned(logger, error, worker, pool, kind, detail); break;
            case WorkerEventKind.Quarantined: Quarantined(logger, error, worker, pool, kind, detail); break;
            case WorkerEventKind.StartDelayed: StartDelayed(logger, error, worker, pool, kind, detail); break;
            default: throw new InvalidOperationException($"{kind} has no log entry.");
        }
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Error, Message = "Background work of '{Pool}' failed: {Error}")]
    internal static partial void BackgroundFailure(ILogger logger, Exception cause, string pool, string error);

    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "Worker {WorkerId} of '{Pool}': {Kind}")]
    private static partial void Started(ILogger logger, int workerId, string pool, WorkerEventKind kind);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Worker {WorkerId} of '{Pool}': {Kind}")]
    private static partial void Ready(ILogger logger, int workerId, string pool, WorkerEventKind kind);

#pragma warning disable SYSLIB1006 // the same event with details
    [LoggerMessage(EventId = 2, EventName = "Ready", Level = LogLevel.Debug, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void ReadyWith(ILogger logger, int workerId, string pool, WorkerEventKind kind, string detail);
#pragma warning restore SYSLIB1006

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void Crashed(ILogger logger, Exception? error, int workerId, string pool, WorkerEventKind kind, string detail);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void Recycled(ILogger logger, Exception? error, int workerId, string pool, WorkerEventKind kind, string detail);

    [LoggerMessage(EventId = 5, Level = LogLevel.Warning, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void Killed(ILogger logger, Exception? error, int workerId, string pool, WorkerEventKind kind, string detail);

    [LoggerMessage(EventId = 6, Level = LogLevel.Debug, Message = "Worker {WorkerId} of '{Pool}': {Kind}")]
    private static partial void Ended(ILogger logger, int workerId, string pool, WorkerEventKind kind);

    [LoggerMessage(EventId = 7, Level = LogLevel.Error, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void StartFailed(
        ILogger logger, Exception? error, int workerId, string pool, WorkerEventKind kind, string detail);

    [LoggerMessage(EventId = 8, Level = LogLevel.Error, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void RestartLimitReached(
        ILogger logger, Exception? error, int workerId, string pool, WorkerEventKind kind, string detail);

    [LoggerMessage(EventId = 9, Level = LogLevel.Warning, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void Abandoned(ILogger logger, Exception? error, int workerId, string pool, WorkerEventKind kind, string detail);

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void Quarantined(
        ILogger logger, Exception? error, int workerId, string pool, WorkerEventKind kind, string detail);

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}")]
    private static partial void StartDelayed(
        ILogger logger, Exception? error, int workerId, string pool, WorkerEventKind kind, string detail);
}
