namespace Tandem.Processes;

/// <summary>Why a worker process leaves its pool, as far as the pool has decided that.</summary>
/// <param name="Cause">The cause. It decides what the worker is to its pool until then, and what its exit means.</param>
/// <param name="Detail">The cause in words, for events and for the errors of items; empty for none.</param>
internal readonly record struct Leaving(LeavingCause Cause, string Detail)
{
    /// <summary>Whether the worker goes as soon as its successor is there, or its last item has ended.</summary>
    internal bool IsDue => Cause == LeavingCause.Due;

    /// <summary>Whether the process was told to exit, so that its exit is no event of its own.</summary>
    internal bool IsExpected => Cause == LeavingCause.Stopped;

    /// <summary>Why the pool killed the process; null if it did not.</summary>
    internal string? KillReason => Cause is LeavingCause.None or LeavingCause.Due or LeavingCause.Stopped ? null : Detail;

    /// <summary>Whether an event has said that the process was killed, so that its exit is no other event.</summary>
    internal bool IsReported => Cause is LeavingCause.KilledForItem or LeavingCause.KilledAsSilent;

    /// <summary>
    /// What holds after another decision: the later one in the order of <see cref="LeavingCause"/>; of the same one, the first.
    /// </summary>
    internal Leaving Then(LeavingCause cause, string detail) => cause > Cause ? new(cause, detail) : this;
}
