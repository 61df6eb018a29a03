namespace Tandem;

/// <summary>Why a pool starts no worker at the moment, although it needs one, and until when.</summary>
public sealed record StartBackOff
{
    /// <summary>When the pool starts the next worker, in UTC.</summary>
    public DateTimeOffset Until { get; init; }

    /// <summary>
    /// The number of starts that failed in a row; the wait grows with it. It is 0 when the workers were only killed from outside while they
    /// started: this delays the next start by at most a second, and does not count towards <see cref="ProcessPoolOptions.MaxRestarts"/>.
    /// </summary>
    public int FailedStarts { get; init; }

    /// <summary>How the last start ended.</summary>
    public required WorkerStartException Cause { get; init; }
}
