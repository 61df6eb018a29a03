using System.Diagnostics;
using System.Globalization;
using Tandem.Interop;

namespace Tandem.Compare.Measuring;

/// <summary>
/// Measures how much processor time other programs, and other virtual machines on the same hardware, use meanwhile: the total
/// (<c>/proc/stat</c>) minus the time of this process and its descendants.
/// </summary>
internal sealed class OtherPrograms
{
    // USER_HZ, the same on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly int[] _processors;
    private readonly long _busy;
    private readonly long _own;

    private OtherPrograms(int[] processors)
    {
        _processors = processors;
        _busy = Busy(File.ReadLines("/proc/stat"), processors);
        _own = Own();
    }

    /// <summary>Starts a measurement; null if the kernel does not provide the data.</summary>
    internal static OtherPrograms? Begin()
    {
        int[] processors = OperatingSystem.IsLinux() ? Libc.GetProcessors() : [];
        return processors.Length > 0 && File.Exists("/proc/stat") ? new OtherPrograms(processors) : null;
    }

    /// <summary>
    /// The share of this process's processors that others have used since the start, from 0 to 1. The error is the clock's step of 10 ms.
    /// </summary>
    internal double Share()
    {
        double available = Stopwatch.GetElapsedTime(_start).TotalSeconds * _processors.Length * TicksPerSecond;
        long others = Busy(File.ReadLines("/proc/stat"), _processors) - _busy - (Own() - _own);
        return Math.Clamp(others / available, 0, 1);
    }

    /// <summary>
    /// The ticks in which some processors were busy. Interrupts are excluded: they cannot be attributed, and those of a server under test
    /// would count as others'.
    /// </summary>
    internal static long Busy(IEnumerable<string> stat, IReadOnlyCollection<int> processors)
    {
        // cpuN user nice system idle iowait irq softirq steal
        const int User = 1, Nice = 2, System = 3, Steal = 8;
        long ticks = 0;
        foreach (string line in stat)
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length <= Steal || !fields[0].StartsWith("cpu", StringComparison.Ordinal)
                || !int.TryParse(fields[0].AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int processor)
                || !processors.Contains(processor))
            {
                continue;
            }

            foreach (int field in (ReadOnlySpan<int>)[User, Nice, System, Steal])
                ticks += long.Parse(fields[field], CultureInfo.InvariantCulture);
        }

        return ticks;
    }

    /// <summary>
    /// The ticks of a process and of its descendants: those that are alive, and those that have exited and were waited for.
    /// </summary>
    internal static long TicksOf(int root, IReadOnlyDictionary<int, (int Parent, long Ticks)> processes)
    {
        long ticks = 0;
        foreach ((int id, (_, long own)) in processes)
        {
            int ancestor = id;
            // Process ids are reused, so data that was read at different moments may form a cycle.
            for (int steps = 0; steps < processes.Count && ancestor != root && processes.TryGetValue(ancestor, out var one); steps++)
                ancestor = one.Parent;

            if (ancestor == root)
                ticks += own;
        }

        return ticks;
    }

    private static long Own()
    {
        var processes = new Dictionary<int, (int Parent, long Ticks)>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;

            try
            {
                processes[id] = Parse(File.ReadAllText($"{folder}/stat"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The process has exited, or belongs to another user.
            }
        }

        return TicksOf(Environment.ProcessId, processes);
    }

    /// <summary>
    /// Parses a process's <c>stat</c> file (proc(5)): its parent, and its ticks including those of children that it waited for.
    /// </summary>
    internal static (int Parent, long Ticks) Parse(string stat)
    {
        // The name before it may contain anything, including parentheses and spaces.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int Parent = 1, UserTime = 11, ChildrensSystemTime = 14;
        long ticks = 0;
        for (int field = UserTime; field <= ChildrensSystemTime; field++)
            ticks += long.Parse(fields[field], CultureInfo.InvariantCulture);

        return (int.Parse(fields[Parent], CultureInfo.InvariantCulture), ticks);
    }
}
