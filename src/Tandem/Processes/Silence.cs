using Tandem.Interop;

namespace Tandem.Processes;

/// <summary>How long one worker has not started what it could start. Under the engine's lock.</summary>
internal sealed class Silence(int concurrency)
{
    // Seconds in which the process did nothing at all weigh more than those in which it had processor time, for loading an assembly, say.
    private const int Frozen = 6;
    private const int Alive = 1;

    /// <summary>Two seconds of nothing.</summary>
    internal const int TakesBackFrom = 2 * Frozen;

    /// <summary>Where its items were taken back, there is time: it may come back.</summary>
    internal const int KillsFrom = 10 * Frozen;

    /// <summary>Where they cannot be, only its end gives them free.</summary>
    internal const int KillsWithItemsFrom = 5 * Frozen;

    private (uint Oldest, long Signs) _seen;
    private TimeSpan _processorTime;

    /// <summary>Grows with each second of silence.</summary>
    internal int Weight { get; private set; }

    /// <summary>Looks again. True while the worker does not do what it could do.</summary>
    internal bool Continues(ProcessWorker worker)
    {
        int running = 0, waiting = 0;
        uint oldest = 0;
        foreach (RemoteItem item in worker.Items)
        {
            if (worker.Link.ProgressOf(item.Slot, item.Sequence) >= item.FirstElement)
                running++;
            else if (waiting++ == 0 || unchecked((int)(item.Sequence - oldest)) < 0)
                oldest = item.Sequence;
        }

        // A silent one has only items left that were taken back: until it says that it has seen that, it is as it was.
        bool couldStart = worker.IsSilent || (waiting > 0 && running < concurrency);
        if (!couldStart)
        {
            _seen = default;
            Weight = 0;
            return false;
        }

        (uint, long) now = (oldest, worker.Answers + worker.Link.BytesTaken);
        int weight = HasWorked(worker.ProcessId) ? Alive : Frozen;
        if (now != _seen && !worker.IsSilent)
        {
            _seen = now;
            Weight = 0;
            return false;
        }

        Weight += weight;
        return true;
    }

    private bool HasWorked(int processId)
    {
        if (!OperatingSystem.IsLinux())
            return true; // nothing is known

        if (ProcStat.OfProcess(processId) is not { } stat)
            return false;

        TimeSpan before = _processorTime;
        _processorTime = stat.ProcessorTime;
        return stat.State != 'T' && (stat.State == 'D' || stat.ProcessorTime > before);
    }
}
