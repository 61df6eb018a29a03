using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <content>The status of the workers.</content>
internal sealed partial class WebSupervisor
{
    /// <summary>The current status of each worker process.</summary>
    internal IReadOnlyList<WorkerStatus> Status()
    {
        List<(WebWorker Worker, Slot? Slot)> all;
        lock (_lock)
            all = [.. _workers.Where(static worker => !worker.IsStandby).Select(worker => (worker, _slots.Find(slot => slot.Number == worker.Number)))];

        // Reads /proc outside of the lock, because that takes a while.
        return [.. all.OrderBy(static one => one.Worker.Number).ThenByDescending(static one => one.Worker.Age).Select(one => StatusOf(one.Worker, one.Slot))];
    }

    /// <summary>The status of each worker that should exist, including those without a process at the moment.</summary>
    internal IReadOnlyList<SlotStatus> SlotStates()
    {
        lock (_lock)
            return [.. _slots.Select(StatusOf)];
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Shown to users.")]
    private SlotStatus StatusOf(Slot slot)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        WebWorker? worker = slot.Current ?? _workers.Find(worker => worker.Number == slot.Number && !worker.IsStandby && !worker.IsToldToStop && !worker.Ended.IsCompleted);
        DateTimeOffset? next = slot.NextAttempt;
        string? loop = slot.Crashes.Describe();
        string state = worker is not null ? StateOf(worker) : loop is not null ? "crash loop" : "waiting";
        double? wait = next is { } at ? Math.Max(0, (at - DateTimeOffset.UtcNow).TotalSeconds) : null;
        return new SlotStatus(slot.Number, worker?.ProcessId, state, loop is not null, loop, next, wait, slot.Restarts, Restarts(slot))
        {
            TimedOut = slot.TimedOutBefore + _workers.Where(worker => worker.Number == slot.Number).Sum(worker => Math.Max(worker.TimedOut, Volatile.Read(ref _context.Board[worker.Entry].TimedOut))),
            StuckReplacements = slot.StuckReplacements,
        };
    }

    private static string StateOf(WebWorker worker) =>
        (worker.Ready.IsCompletedSuccessfully ? worker.State : WebWorkerState.Starting).ToString().ToLowerInvariant();

    private static RestartStatus[] Restarts(Slot? slot) => [.. (slot?.Notes ?? []).Select(static note => new RestartStatus(note.Time, note.Reason))];

    /// <summary>The process ids of the standbys.</summary>
    internal IReadOnlyList<int> Standbys()
    {
        lock (_lock)
            return [.. _standbys.Where(static standby => standby.ProcessId > 0).Select(static standby => standby.ProcessId)];
    }

    private WorkerStatus StatusOf(WebWorker worker, Slot? slot)
    {
        BoardEntry entry = _context.Board[worker.Entry];
        return new WorkerStatus(
            worker.Number,
            worker.ProcessId,
            StateOf(worker),
            worker.Age.TotalSeconds,
            worker.ReadyAfter?.TotalMilliseconds,
            entry.Requests,
            Math.Max(0, entry.Connections),
            entry.Accepted,
            ProcessorTime(worker.ProcessId),
            ProcessMemory.PrivateBytes(worker.ProcessId),
            slot?.Restarts ?? 0,
            Restarts(slot),
            worker.App.Path)
        {
            TimedOut = entry.TimedOut,
            Stuck = Math.Max(0, entry.Stuck),
            QueueWaitMilliseconds = entry.QueueWait,
            HandedOver = entry.HandedOver,
            Forwarded = entry.Forwarded,
        };
    }

    /// <summary>The processor time of a process, in seconds; 0 if the process is gone.</summary>
    private static double ProcessorTime(int processId) => ProcStat.OfProcess(processId)?.ProcessorTime.TotalSeconds ?? 0;
}
