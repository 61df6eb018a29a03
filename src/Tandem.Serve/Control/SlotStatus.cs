using System.Text.Json.Serialization;

namespace Tandem.Serve.Control;

/// <summary>How it goes with one of the workers that there are to be, whichever process that is.</summary>
/// <param name="Number">Which it is, from 1.</param>
/// <param name="ProcessId">Its process; null while there is none.</param>
/// <param name="State">The state of its process. Without one: "crash loop", or "waiting" after fewer failures.</param>
/// <param name="IsCrashLoop">Whether it crashed or failed to start so often of late that its next starts are delayed.</param>
/// <param name="Problem">The crash loop in words; null where there is none.</param>
/// <param name="NextAttempt">When its next process is started, while it waits for that.</param>
/// <param name="NextAttemptSeconds">In how many seconds that is.</param>
/// <param name="Restarts">How often its process was replaced.</param>
/// <param name="LastRestarts">Why, the latest last.</param>
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
    /// <summary>Requests that took longer than they may (--request-timeout), in all of its processes.</summary>
    public long TimedOut { get; init; }

    /// <summary>How often its process was replaced because such a request did not end.</summary>
    public int StuckReplacements { get; init; }
}
