using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>An eventcount on a futex: wakes all threads, in any process, that sleep until the state of a channel changes.</summary>
/// <remarks>
/// A thread that is about to sleep announces itself (full fence) and then checks the cells again. A thread that changes a cell does so by
/// an exchange (full fence) and then checks for announcements. So in every interleaving one of them sees the other. The waker clears the
/// announcement first and then wakes all sleepers, so a process that dies while it sleeps causes at most one unnecessary wake-up. If a
/// process dies between its change and the wake-up, the sleepers check again after <see cref="LongestSleep"/>.
///
/// On Arm an exchange is one instruction with acquire and release semantics, and the look that follows it needs no barrier. A release store
/// would not do, nor would a compare-and-set that fails: <see cref="Ring"/> follows only exchanges that have changed a cell, or a
/// barrier. Models: docs/models/c/channel.c, docs/models/arm/channel-bell.litmus and failed-exchange.litmus.
/// </remarks>
internal struct ChannelBell
{
    /// <summary>The longest sleep before a sleeper checks the cells again, in milliseconds.</summary>
    internal const int LongestSleep = 50;

    /// <summary>The futex: counts wake-ups.</summary>
    internal int Signal;
    /// <summary>Not 0 when a thread sleeps or is about to.</summary>
    internal int Waiting;

    internal static unsafe void Ring(ChannelBell* bell)
    {
        if (Volatile.Read(ref bell->Waiting) == 0)
            return;

        Volatile.Write(ref bell->Waiting, 0);
        Interlocked.Increment(ref bell->Signal);
        Libc.FutexWake(&bell->Signal);
    }

    /// <summary>Announces a sleeper. The caller checks the cells again and then passes the result to <see cref="Sleep"/>.</summary>
    internal static unsafe int Announce(ChannelBell* bell)
    {
        int signal = Volatile.Read(ref bell->Signal);
        Interlocked.Exchange(ref bell->Waiting, 1);
        return signal;
    }

    /// <summary>Sleeps until the bell rings, unless it has rung since <see cref="Announce"/>.</summary>
    internal static unsafe void Sleep(ChannelBell* bell, int signal) => Libc.FutexSleep(&bell->Signal, signal, LongestSleep);
}
