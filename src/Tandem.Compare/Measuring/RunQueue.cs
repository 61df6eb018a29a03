using System.Globalization;

namespace Tandem.Compare.Measuring;

/// <summary>Measures how busy the processors are, and how much this delays the threads of this process.</summary>
internal static class RunQueue
{
    private const long NanosecondsPerTick = 100;

    /// <summary>The processor time of the whole machine since its start; zero if the kernel does not provide it.</summary>
    internal static TimeSpan Busy()
    {
        // user, nice, system, idle, iowait, irq, softirq, steal: in hundredths of a second on all systems that .NET runs on.
        const int Idle = 3, Waiting = 4, Steal = 7;
        using StreamReader reader = File.OpenText("/proc/stat");
        string[] fields = (reader.ReadLine() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long hundredths = 0;
        for (int i = 0; i <= Steal && i + 1 < fields.Length; i++)
        {
            if (i is not (Idle or Waiting))
                hundredths += long.Parse(fields[i + 1], CultureInfo.InvariantCulture);
        }

        return TimeSpan.FromMilliseconds(hundredths * 10);
    }

    /// <summary>
    /// How long threads of this process were ready to run while the processors were busy with other threads; the sum over the current
    /// threads. Zero if the kernel does not count it.
    /// </summary>
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
                // The thread has exited meanwhile.
            }
        }

        return TimeSpan.FromTicks(nanoseconds / NanosecondsPerTick);
    }
}
