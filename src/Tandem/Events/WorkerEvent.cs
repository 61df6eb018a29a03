namespace Tandem;

/// <summary>Something that happened to a worker of a pool.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Pool">The pool's name.</param>
/// <param name="WorkerId">The process id of a worker process; the number of a worker thread within its pool; 0 where there is none.</param>
/// <param name="Time">When.</param>
/// <param name="Detail">Why, in words; may be empty.</param>
public sealed record WorkerEvent(WorkerEventKind Kind, string Pool, int WorkerId, DateTimeOffset Time, string Detail)
{
    /// <summary>With <see cref="WorkerEventKind.StartDelayed"/>, until when nothing is started, and why; otherwise <see langword="null"/>.</summary>
    public StartBackOff? BackOff { get; init; }
}
