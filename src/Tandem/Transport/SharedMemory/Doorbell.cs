using Tandem.Interop;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Wakes the consumer of a ring: an eventcount on a futex, or on a <see cref="Bell"/> where the system has no futex between processes. The
/// ring holds the state; a wake-up only makes the consumer check it.
/// </summary>
/// <remarks>
/// No wake-up is lost: the consumer announces that it sleeps (full fence) and then checks the ring again; the producer publishes a frame
/// and then (full fence) checks for the announcement. In every interleaving one of them sees the other. A release store followed by an
/// ordinary load would not suffice, not even on x86, where the load may pass the store. The futex compares the count of wake-ups, and a
/// bell remembers that it was rung, so a wake-up between that check and the sleep ends the sleep.
///
/// On Arm the exchange of the announcement is one instruction, or a loop with a barrier behind it; both hold back the loads that follow. A
/// compare-and-set that fails would not. A wake-up first clears the announcement and then counts. So if a consumer reads the new count and
/// announces itself again, the same wake-up does not clear that. Models: docs/models/c/doorbell.c (futex, event, pipe), docs/models/arm/doorbell*.litmus.
/// </remarks>
/// <param name="control">The control block of the ring.</param>
/// <param name="bell">What the consumer waits for; null for a futex in the control block.</param>
internal readonly unsafe struct Doorbell(byte* control, Bell? bell = null)
{
    private readonly RingControl* _control = (RingControl*)control;
    private readonly Bell? _bell = bell;

    /// <summary>Whether the consumer waits on a futex in the control block.</summary>
    internal bool UsesFutex => _bell is null;

    /// <summary>Producer, after publishing: whether it must wake the consumer with <see cref="Wake"/>.</summary>
    internal bool MustWake()
    {
        Interlocked.MemoryBarrier(); // orders the published tail before the load of Waiting
        return Volatile.Read(ref _control->Waiting) != 0;
    }

    /// <summary>Wakes the consumer. The announcement is cleared first, so a burst of frames causes one wake-up.</summary>
    internal void Wake()
    {
        Volatile.Write(ref _control->Waiting, 0);
        Interlocked.Increment(ref _control->Signal);
        if (_bell is null)
            Libc.FutexWake(&_control->Signal);
        else
            _bell.Ring();
    }

    /// <summary>Consumer: reads the count of wake-ups for <see cref="Sleep"/>.</summary>
    internal int Prepare() => Volatile.Read(ref _control->Signal);

    /// <summary>Consumer: announces that it is about to sleep. It must check the ring once more before it does.</summary>
    internal void Announce() => Interlocked.Exchange(ref _control->Waiting, 1);

    /// <summary>Consumer: clears the announcement, so that the producer skips the wake-up.</summary>
    internal void Withdraw() => Volatile.Write(ref _control->Waiting, 0);

    /// <summary>Consumer: whether the announcement is set.</summary>
    internal bool IsAnnounced => Volatile.Read(ref _control->Waiting) != 0;

    /// <summary>
    /// Consumer: sleeps until a wake-up after <see cref="Prepare"/>, or for at most one second; ten seconds if the previous sleep timed
    /// out.
    /// </summary>
    /// <remarks>The protocol loses no wake-up; the time-out is a safety net and an occasion for clean-up.</remarks>
    internal void Sleep(int signal, bool again)
    {
        if (_bell is null)
            Libc.FutexWait(&_control->Signal, signal, Milliseconds(again));
        else
            _bell.Wait(Milliseconds(again));
    }

    /// <summary>
    /// Consumer: the same, and wakes also when a second word no longer has the given value. False if the system does not support that.
    /// </summary>
    internal bool TrySleep(int signal, bool again, int* second, int value) =>
        _bell is null && Libc.TryFutexWait(&_control->Signal, signal, second, value, Milliseconds(again));

    private static int Milliseconds(bool again) => again ? 10_000 : 1000;
}
