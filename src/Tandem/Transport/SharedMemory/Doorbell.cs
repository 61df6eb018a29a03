using Tandem.Interop;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Wakes the consumer of a ring: an eventcount on a futex. The ring is the truth, the wake-up only a hint to look at it.
/// </summary>
/// <remarks>
/// No wake-up is lost: the consumer announces itself (full fence) and then looks at the ring again; the producer publishes, then
/// (full fence) looks at the announcement. In every interleaving one of them sees the other. A plain release store followed by a
/// plain load would not do, not even on x86, where the load may pass the store.
/// </remarks>
internal readonly unsafe struct Doorbell(byte* control)
{
    private readonly RingControl* _control = (RingControl*)control;

    /// <summary>Producer, after publishing: whether the consumer must be woken by <see cref="Wake"/>.</summary>
    internal bool MustWake()
    {
        Interlocked.MemoryBarrier(); // orders the published tail before the look at Waiting
        return Volatile.Read(ref _control->Waiting) != 0;
    }

    /// <summary>Wakes the consumer. A burst wakes once: the announcement is taken down first.</summary>
    internal void Wake()
    {
        Volatile.Write(ref _control->Waiting, 0);
        Interlocked.Increment(ref _control->Signal);
        Libc.FutexWake(&_control->Signal);
    }

    /// <summary>Consumer: reads the signal count, to be passed to <see cref="Sleep"/>.</summary>
    internal int Prepare() => Volatile.Read(ref _control->Signal);

    /// <summary>Consumer: announces that it is about to sleep; it must look at the ring once more before it does.</summary>
    internal void Announce() => Interlocked.Exchange(ref _control->Waiting, 1);

    /// <summary>Consumer: takes the announcement down, so that the producer spares itself the wake-up.</summary>
    internal void Withdraw() => Volatile.Write(ref _control->Waiting, 0);

    /// <summary>Consumer: whether it is announced as sleeping.</summary>
    internal bool IsAnnounced => Volatile.Read(ref _control->Waiting) != 0;

    /// <summary>Consumer: sleeps until a wake-up that came after <see cref="Prepare"/>, or for a second, or for ten where it slept before.</summary>
    /// <remarks>The time-out is a safety net and a time to tidy up; the protocol loses no wake-up.</remarks>
    internal void Sleep(int signal, bool again) => Libc.FutexWait(&_control->Signal, signal, Milliseconds(again));

    /// <summary>Consumer: the same, and while a second word has a value; false where the system cannot.</summary>
    internal bool TrySleep(int signal, bool again, int* second, int value) => Libc.TryFutexWait(&_control->Signal, signal, second, value, Milliseconds(again));

    private static int Milliseconds(bool again) => again ? 10_000 : 1000;
}
