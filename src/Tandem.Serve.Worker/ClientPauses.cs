namespace Tandem.Serve.Worker;

/// <summary>
/// How long clients pause between two requests on a connection. A connection that is closed just when its client would send again loses
/// that request; so a worker that drains waits for twice as long as the client is known to pause, as long as that is no waste of time.
/// </summary>
/// <param name="silence">How long a connection must be silent in any case, in milliseconds.</param>
/// <param name="drainLimit">How long a worker may drain, in milliseconds.</param>
internal sealed class ClientPauses(long silence, long drainLimit)
{
    /// <summary>The pause of a connection that has not had two requests.</summary>
    internal const long Unknown = -1;

    private const long Margin = 2;

    /// <summary>How many times the silence a connection is waited for at most.</summary>
    private const long MostSilences = 10;

    // Who pauses for longer is not waited for: it would hold up the end for something that is unlikely to come just then.
    private readonly long _longestAwaited = Math.Min(MostSilences * silence, drainLimit) / Margin;
    private long _longest; // of those that are waited for, on all connections

    /// <summary>Remembers a pause, for connections whose own is not known.</summary>
    internal void Note(long pause)
    {
        // Two that cross may lose the longer one; there are more to come.
        if (pause <= _longestAwaited && pause > Volatile.Read(ref _longest))
            Volatile.Write(ref _longest, pause);
    }

    /// <summary>For how long a connection must have been silent before it is closed, in milliseconds.</summary>
    /// <param name="longestPause">The longest pause of its client so far, or <see cref="Unknown"/>.</param>
    internal long SilenceBeforeClosing(long longestPause)
    {
        if (longestPause == Unknown)
            return Math.Max(silence, Math.Min(_longestAwaited, Math.Max(silence, Volatile.Read(ref _longest))) * Margin);

        return longestPause <= _longestAwaited ? Math.Max(silence, longestPause * Margin) : silence;
    }
}
