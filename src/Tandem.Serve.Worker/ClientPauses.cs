namespace Tandem.Serve.Worker;

/// <summary>
/// Observes how long clients pause between two requests on a connection. If a connection is closed just when its client sends again, that
/// request is lost. So a draining worker waits for twice the client's longest pause, within a limit.
/// </summary>
/// <param name="silence">The minimum time that a connection must be silent, in milliseconds.</param>
/// <param name="drainLimit">How long a worker may drain, in milliseconds.</param>
internal sealed class ClientPauses(long silence, long drainLimit)
{
    /// <summary>The pause of a connection that has not had two requests.</summary>
    internal const long Unknown = -1;

    private const long Margin = 2;

    /// <summary>The maximum wait, as a multiple of the silence.</summary>
    private const long MaxSilences = 10;

    // The longest pause that is waited for. A client that pauses longer would delay the exit for a request that is unlikely to arrive just
    // then.
    private readonly long _longestAwaited = Math.Min(MaxSilences * silence, drainLimit) / Margin;
    private long _longest; // the longest pause up to that limit, on all connections

    /// <summary>Records a pause, for connections that have no pause of their own.</summary>
    internal void Note(long pause)
    {
        // If two calls cross, the longer pause may be lost; more pauses will follow.
        if (pause <= _longestAwaited && pause > Volatile.Read(ref _longest))
            Volatile.Write(ref _longest, pause);
    }

    /// <summary>How long a connection must have been silent before it is closed, in milliseconds.</summary>
    /// <param name="longestPause">The longest pause of its client so far, or <see cref="Unknown"/>.</param>
    internal long SilenceBeforeClosing(long longestPause)
    {
        if (longestPause == Unknown)
            return Math.Max(silence, Math.Min(_longestAwaited, Math.Max(silence, Volatile.Read(ref _longest))) * Margin);

        return longestPause <= _longestAwaited ? Math.Max(silence, longestPause * Margin) : silence;
    }
}
