using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Processes;

/// <summary>
/// Looks every second whether workers start what they were sent. A process that was stopped (SIGSTOP), or hangs, does not; its items
/// would wait for it for ever, and their time limits count from a start that does not come. They are taken back, where the link can
/// do that, and run elsewhere; a worker that stays silent is killed.
/// </summary>
/// <remarks>Runs only while workers have items, so that a pool at rest wakes nobody.</remarks>
internal sealed class SilenceWatch(ProcessEngine engine, Supervisor supervisor, Lock gate)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private ITimer? _timer;
    private bool _runs;

    /// <summary>A worker was sent something.</summary>
    internal void OnSent()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (_runs)
            return;

        _runs = true;
        if (_timer is null)
            _timer = Background.Timer(Look, Interval, Interval, engine.Events.OnBackgroundFailure);
        else
            _timer.Change(Interval, Interval);
    }

    /// <summary>No worker is left.</summary>
    internal void Stop()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _timer?.Dispose();
        _runs = true;
    }

    private void Look()
    {
        bool tookBack = false;
        lock (gate)
        {
            bool hasWork = false;
            for (int i = supervisor.Workers.Count - 1; i >= 0; i--)
            {
                ProcessWorker worker = supervisor.Workers[i];
                hasWork |= worker.InFlight > 0;
                if (worker.State is WorkerState.Busy or WorkerState.Draining)
                    tookBack |= Look(worker);
            }

            if (!hasWork && _runs)
            {
                _runs = false;
                _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        if (tookBack)
            engine.OnReady();
    }

    /// <summary>True when items were taken back.</summary>
    private bool Look(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        Silence silence = worker.Silence;
        if (!silence.Continues(worker))
            return false;

        if (worker.Link.CanRevoke && !worker.IsSilent && silence.Weight >= Silence.TakesBackFrom)
        {
            supervisor.Silence(worker);
            return true;
        }

        if (silence.Weight >= (worker.Link.CanRevoke ? Silence.KillsFrom : Silence.KillsWithItemsFrom))
            supervisor.KillSilent(worker);

        return false;
    }
}

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
