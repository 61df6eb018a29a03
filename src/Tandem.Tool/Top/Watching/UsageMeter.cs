using System.Diagnostics;
using Tandem.Interop;

namespace Tandem.Tool.Top.Watching;

/// <summary>Measures the resource usage of processes and threads between two samples.</summary>
internal sealed class UsageMeter
{
    private readonly Dictionary<(int Process, int Thread), Reading> _readings = [];
    private int _round;

    /// <summary>Removes the data of processes and threads that were not measured in the last round, and begins another round.</summary>
    internal void BeginRound()
    {
        foreach (var (key, reading) in _readings)
        {
            if (reading.Round != _round)
                _readings.Remove(key);
        }

        _round++;
    }

    internal Usage OfProcess(int processId) => Measure((processId, 0), $"/proc/{processId}", ProcessMemory.PrivateBytes(processId));

    internal Usage OfThread(int processId, int threadId) => Measure((processId, threadId), $"/proc/{processId}/task/{threadId}", null);

    private Usage Measure((int Process, int Thread) key, string folder, long? memory)
    {
        if (ProcStat.Of(folder) is not { } stat)
            return Usage.Unknown;

        long now = Stopwatch.GetTimestamp();
        (long voluntary, long involuntary) = ProcFs.Switches(folder, isProcess: key.Thread == 0);
        _readings.TryGetValue(key, out Reading? last);
        _readings[key] = new Reading(_round, now, stat.Started, stat.ProcessorTime, voluntary, involuntary);
        if (last is null || last.Started != stat.Started)
            return new Usage(null, memory, null, null);

        double seconds = Stopwatch.GetElapsedTime(last.Time, now).TotalSeconds;
        return new Usage(
            Rate(100 * (stat.ProcessorTime - last.ProcessorTime).TotalSeconds),
            memory,
            // The counts of threads that have exited are lost, so the sum may decrease.
            Rate(Math.Max(0, voluntary - last.Voluntary)),
            Rate(Math.Max(0, involuntary - last.Involuntary)));

        double? Rate(double change) => seconds > 0 ? Math.Round(change / seconds, 1) : null;
    }

    private sealed record Reading(int Round, long Time, long Started, TimeSpan ProcessorTime, long Voluntary, long Involuntary);
}
