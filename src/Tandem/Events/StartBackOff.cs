namespace Tandem;

/// <summary>Why a pool currently delays the start of a worker that it needs, and until when.</summary>
public sealed record StartBackOff
{
    /// <summary>When the pool starts the next worker, in UTC.</summary>
    public DateTimeOffset Until { get; init; }

    /// <summary>
    /// The number of starts that failed in a row. The delay grows with it. It is 0 if workers were only killed from outside while they
    /// started. This delays the next start by at most a second, and does not count towards <see cref="ProcessPoolOptions.MaxRestarts"/>.
    /// </summary>
    public int FailedStarts { get; init; }

    /// <summary>How the last start ended.</summary>
    public required WorkerStartException Cause { get; init; }
}
