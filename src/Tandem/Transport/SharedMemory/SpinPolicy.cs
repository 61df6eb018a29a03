using System.Diagnostics;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// How long a consumer looks at its ring before it sleeps. A wake-up of a sleeping core costs tens of microseconds, so spinning pays
/// while frames keep arriving; with nothing arriving it only takes the core from who works. So it spins after success and stops after failure.
/// </summary>
internal sealed class SpinPolicy(int microseconds)
{
    private readonly long _budget = microseconds * Stopwatch.Frequency / 1_000_000;
    private int _failures;

    /// <summary>Spins until <paramref name="reader"/> has frames; false when it is time to sleep.</summary>
    internal bool Wait(RingReader reader)
    {
        if (reader.HasFrames)
            return true;

        // After a failure, try again only now and then, to find out whether calls keep arriving.
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
