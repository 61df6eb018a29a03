using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>Wakes those who sleep until a channel's state has changed: an eventcount on a futex, for many on both sides.</summary>
/// <remarks>
/// Whoever goes to sleep announces it (full fence) and then looks at the cells again; whoever changes a cell does so by an exchange
/// (full fence) and then looks at the announcement. In every interleaving one sees the other. Who wakes takes the announcement down
/// first and wakes all, so a process that dies in its sleep leaves at most one needless wake-up behind. A process that dies between its
/// change and the wake-up leaves sleepers, who look again by themselves after <see cref="LongestSleep"/>.
/// </remarks>
internal struct ChannelBell
{
    internal const int LongestSleep = 50;

    internal int Signal;
    internal int Waiting;

    internal static unsafe void Ring(ChannelBell* bell)
    {
        if (Volatile.Read(ref bell->Waiting) == 0)
            return;

        Volatile.Write(ref bell->Waiting, 0);
        Interlocked.Increment(ref bell->Signal);
        Libc.FutexWake(&bell->Signal);
    }

    /// <summary>Announces a sleeper; the result is for <see cref="Sleep"/>, after another look at the cells.</summary>
    internal static unsafe int Announce(ChannelBell* bell)
    {
        int signal = Volatile.Read(ref bell->Signal);
        Interlocked.Exchange(ref bell->Waiting, 1);
        return signal;
    }

    internal static unsafe void Sleep(ChannelBell* bell, int signal) => Libc.FutexSleep(&bell->Signal, signal, LongestSleep);
}
