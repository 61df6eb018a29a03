using System.Text.Json.Serialization;

namespace Tandem.Serve.Control;

/// <summary>The status of one of the workers that should exist, independent of the process that currently fills it.</summary>
/// <param name="Number">The worker's number, from 1.</param>
/// <param name="ProcessId">The process id; null if there is no process.</param>
/// <param name="State">The state of its process. Without a process: "crash loop", or "waiting" after fewer failures.</param>
/// <param name="IsCrashLoop">Whether it crashed or failed to start so often recently that its next starts are delayed.</param>
/// <param name="Problem">The crash loop as text; null if there is none.</param>
/// <param name="NextAttempt">When its next process is started; null if it does not wait for that.</param>
/// <param name="NextAttemptSeconds">The time until then, in seconds.</param>
/// <param name="Restarts">How often its process was replaced.</param>
/// <param name="LastRestarts">The reasons of the last restarts, the latest last.</param>
internal sealed record SlotStatus(
    int Number,
    [property: JsonPropertyName("pid")] int? ProcessId,
    string State,
    bool IsCrashLoop,
    string? Problem,
    DateTimeOffset? NextAttempt,
    double? NextAttemptSeconds,
    int Restarts,
    IReadOnlyList<RestartStatus> LastRestarts)
{
    /// <summary>Requests that exceeded their time limit (--request-timeout), in all of its processes.</summary>
    public long TimedOut { get; init; }

    /// <summary>How often its process was replaced because such a request did not end.</summary>
    public int StuckReplacements { get; init; }
}
