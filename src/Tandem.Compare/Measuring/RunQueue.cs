using System.Globalization;

namespace Tandem.Compare.Measuring;

/// <summary>How long the threads of this process have been ready to run while the processors were busy with something else.</summary>
internal static class RunQueue
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Added up over the threads that there are; zero where the kernel does not count it.</summary>
    internal static TimeSpan Delay()
    {
        long nanoseconds = 0;
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                // Time on a processor, time waiting for one, and how often.
                string[] fields = File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ');
                nanoseconds += long.Parse(fields[1], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // The thread has ended meanwhile.
            }
        }

        return TimeSpan.FromTicks(nanoseconds / NanosecondsPerTick);
    }
}
