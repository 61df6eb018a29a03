using Tandem.Interop;
using Tandem.Serve.Control;
using Tandem.Serve.Protocol;
using Tandem.Supervision;

namespace Tandem.Serve.Workers;

/// <content>How it goes.</content>
internal sealed partial class WebSupervisor
{
    /// <summary>Every worker, as it is now.</summary>
    internal IReadOnlyList<WorkerStatus> Status()
    {
        List<(WebWorker Worker, Slot? Slot)> all;
        lock (_lock)
            all = [.. _workers.Where(static worker => !worker.IsStandby).Select(worker => (worker, _slots.Find(slot => slot.Number == worker.Number)))];

        // Reading /proc takes a while, which nobody should wait for.
        return [.. all.OrderBy(static one => one.Worker.Number).ThenByDescending(static one => one.Worker.Age).Select(one => StatusOf(one.Worker, one.Slot))];
    }

    /// <summary>The processes of the standbys.</summary>
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
            (worker.Ready.IsCompletedSuccessfully ? worker.State : WebWorkerState.Starting).ToString().ToLowerInvariant(),
            worker.Age.TotalSeconds,
            worker.ReadyAfter?.TotalMilliseconds,
            entry.Requests,
            Math.Max(0, entry.Connections),
            entry.Accepted,
            ProcessorTime(worker.ProcessId),
            ProcessMemory.PrivateBytes(worker.ProcessId),
            slot?.Restarts ?? 0,
            [.. (slot?.Notes ?? []).Select(static note => new RestartStatus(note.Time, note.Reason))],
            worker.App.Path);
    }

    /// <summary>In seconds; 0 where the process is gone.</summary>
    private static double ProcessorTime(int processId) => ProcStat.OfProcess(processId)?.ProcessorTime.TotalSeconds ?? 0;
}
