namespace Tandem;

/// <summary>Why a pool starts no worker at the moment, although it needs one, and until when.</summary>
/// <param name="Until">When the next worker is started, in UTC.</param>
/// <param name="FailedStarts">
/// How many starts have failed without a good one between; the wait grows with it. 0 when workers were only killed by somebody else
/// while they started: that delays the next start by a second at most, and does not count towards
/// <see cref="WorkerPoolOptions.RestartLimit"/>.
/// </param>
/// <param name="Cause">How the last start ended.</param>
public sealed record StartBackOff(DateTimeOffset Until, int FailedStarts, WorkerStartException Cause);
