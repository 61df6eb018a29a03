using System.Diagnostics;
using Tandem.Events;
using Tandem.Interop;

namespace Tandem.Processes;

/// <content>What the pool looks like.</content>
internal sealed partial class ProcessEngine
{
    internal override void Kill(string reason)
    {
        lock (_lock)
            _supervisor.KillBusy(reason);
    }

    internal override PoolTraffic Traffic
    {
        get
        {
            lock (_lock)
                return _supervisor.Traffic;
        }
    }

    internal override PoolSnapshot Snapshot()
    {
        List<(ProcessWorker Worker, WorkerSnapshot Snapshot)> workers;
        int waiting;
        WorkerStartException? failure;
        StartBackOff? backOff;
        lock (_lock)
        {
            workers = [.. _supervisor.Workers.Select(static worker => (worker, Describe(worker)))];
            waiting = _queue.Count;
            failure = _supervisor.StartFailure;
            backOff = _supervisor.BackOff;
        }

        // Reading /proc takes microseconds, which nobody should wait for.
        return new PoolSnapshot
        {
            Name = Options.Name,
            Isolation = Isolation.Process,
            Workers = [.. workers.Select(static entry => entry.Snapshot with { PrivateMemory = ProcessMemory.PrivateBytes(entry.Snapshot.Id) })],
            QueueLength = waiting,
            Totals = Events.Totals,
            StartFailure = failure,
            BackOff = backOff,
        };
    }

    private static WorkerSnapshot Describe(ProcessWorker worker)
    {
        RemoteItem? oldest = null;
        TimeSpan age = TimeSpan.Zero;
        int element = 0;
        foreach (RemoteItem item in worker.Items)
        {
            int progress = worker.Link.ProgressOf(item.Slot, item.Sequence);
            if (progress < 0)
                continue; // lies ready

            TimeSpan elapsed = Stopwatch.GetElapsedTime(worker.Link.StartedAt(item.Slot, item.Sequence));
            if (oldest is null || elapsed > age)
                (oldest, age, element) = (item, elapsed, progress);
        }

        return new WorkerSnapshot
        {
            Id = worker.ProcessId,
            State = worker.State,
            IsSpare = worker.IsSpare,
            CurrentItem = oldest?.NameOf(element),
            CurrentItemAge = oldest is null ? TimeSpan.Zero : age,
            InFlight = worker.InFlight,
            ItemsDone = worker.ItemsDone,
        };
    }
}
