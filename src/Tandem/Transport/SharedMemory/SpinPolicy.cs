using System.Diagnostics;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Decides how long a consumer polls its ring before it sleeps. Waking a sleeping core takes tens of microseconds, so spinning pays while
/// frames keep arriving. When nothing arrives, spinning only takes the core from other threads. So the consumer spins again after a
/// successful spin, and mostly sleeps at once after a failed one.
/// </summary>
internal sealed class SpinPolicy(int microseconds)
{
    private readonly long _budget = microseconds * Stopwatch.Frequency / 1_000_000; // in stopwatch ticks
    private int _failures; // counts the calls since the last spin that failed; 0: the last spin succeeded

    /// <summary>Spins until <paramref name="reader"/> has frames; false when it is time to sleep.</summary>
    internal bool Wait(RingReader reader)
    {
        if (reader.HasFrames)
            return true;

        // After a failed spin, only every eighth call spins again, to find out whether calls keep arriving.
        if (_budget == 0 || (_failures > 0 && _failures++ % 8 != 0))
            return false;

        long start = Stopwatch.GetTimestamp();
        for (int i = 0; ; i++)
        {
            if (reader.HasFrames)
            {
                _failures = 0;
                return true;
            }

            Thread.SpinWait(4);
            if (i % 16 == 15 && Stopwatch.GetTimestamp() - start > _budget)
                break;
        }

        _failures = 1;
        return false;
    }
}
