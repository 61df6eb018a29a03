using System.Diagnostics;
using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>Reads the status of the workers.</summary>
/// <param name="fleet">Has the slots and the workers.</param>
/// <param name="board">Has what the workers publish.</param>
/// <param name="time">Tells how long a start is still delayed.</param>
internal sealed class StatusReader(WorkerFleet fleet, Board board, TimeProvider time)
{
    /// <summary>The current status of each worker process.</summary>
    internal IReadOnlyList<WorkerStatus> Workers()
    {
        List<(WebWorker Worker, Slot? Slot)> all;
        lock (fleet.Lock)
        {
            all = [.. fleet.Workers.Where(static worker => !worker.IsStandby)
                .Select(worker => (worker, fleet.Slots.FirstOrDefault(slot => slot.Number == worker.Number)))];
        }

        // Reads /proc outside of the lock, because that takes a while.
        return [.. all.OrderBy(static one => one.Worker.Number)
            .ThenByDescending(static one => one.Worker.Age)
            .Select(one => StatusOf(one.Worker, one.Slot))];
    }

    /// <summary>The status of each worker that should exist, including those without a process at the moment.</summary>
    internal IReadOnlyList<SlotStatus> Slots()
    {
        lock (fleet.Lock)
            return [.. fleet.Slots.Select(StatusOf)];
    }

    private SlotStatus StatusOf(Slot slot)
    {
        Debug.Assert(fleet.Lock.IsHeldByCurrentThread);
        WebWorker? worker = slot.Current
            ?? fleet.Workers.FirstOrDefault(worker =>
                worker.Number == slot.Number && !worker.IsStandby && !worker.IsAskedToStop && !worker.Ended.IsCompleted);
        DateTimeOffset? next = slot.NextAttempt;
        string? loop = slot.Crashes.Describe();
        string state = worker is not null ? StateOf(worker) : loop is not null ? "crash loop" : "waiting";
        double? wait = next is { } at ? Math.Max(0, (at - time.GetUtcNow()).TotalSeconds) : null;
        return new SlotStatus(slot.Number, worker?.ProcessId, state, loop is not null, loop, next, wait, slot.Restarts, Restarts(slot))
        {
            TimedOut = slot.TimedOutBefore
                + fleet.Workers.Where(worker => worker.Number == slot.Number)
                    .Sum(worker => Math.Max(worker.TimedOut, Volatile.Read(ref board[worker.Entry].TimedOut))),
            StuckReplacements = slot.StuckReplacements,
        };
    }

    private static string StateOf(WebWorker worker) =>
        (worker.Ready.IsCompletedSuccessfully ? worker.State : WebWorkerState.Starting).ToString().ToLowerInvariant();

    private static RestartStatus[] Restarts(Slot? slot) =>
        [.. (slot?.Notes ?? []).Select(static note => new RestartStatus(note.Time, note.Reason))];

    private WorkerStatus StatusOf(WebWorker worker, Slot? slot)
    {
        BoardEntry entry = board[worker.Entry];
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
