using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Events;
using Tandem.Interop;
using Tandem.Stacks;
using Tandem.Transport;

namespace Tandem.Processes;

/// <summary>
/// Time and memory limits of items that worker processes run. Whether an item is over a limit is decided under the engine's lock,
/// against what the worker publishes, so that no worker is ended because of an item that it has finished.
/// </summary>
/// <remarks>On the system's clock, whatever the pool's is: by that one a worker says when it started an item.</remarks>
internal sealed class Deadlines(ProcessEngine engine, Supervisor supervisor, Lock gate)
{
    /// <summary>How long the caller waits at most for a stack, which takes 20 to 25 ms once the first was taken.</summary>
    private static readonly TimeSpan StackLimit = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the memory of a worker is looked at that runs an item with a memory limit.</summary>
    internal static readonly TimeSpan MemoryInterval = TimeSpan.FromMilliseconds(50);

    private int _warmed;

    /// <summary>A pool of such items is about to need stacks.</summary>
    internal void WarmUp()
    {
        if (Interlocked.Exchange(ref _warmed, 1) == 0)
            Background.Queue(static _ => WorkerStackSource.Current?.WarmUp(), 0);
    }

    /// <summary>An item with limits was sent to a worker.</summary>
    internal void Watch(ProcessWorker worker, RemoteItem item, ItemLimits limits)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (limits.Timeout is { } timeout)
            Arm(worker, item, item.Sequence, timeout);
        if (limits.MaxMemory > 0)
            WatchMemory(worker, item, item.Sequence, limits.MaxMemory);
    }

    private void Arm(ProcessWorker worker, RemoteItem item, uint sequence, TimeSpan due) =>
        item.Details.KeepDeadline(Background.Timer(() => Check(worker, item, sequence), due, e => OnFailed(worker, item, e)));

    private void Check(ProcessWorker worker, RemoteItem item, uint sequence)
    {
        TimeSpan limit = item.Limits!.Timeout!.Value;
        TimeSpan elapsed;
        lock (gate)
        {
            if (!IsRunning(worker, item, sequence, out bool started))
                return;

            if (!started)
            {
                Arm(worker, item, sequence, limit); // it cannot be over before that
                return;
            }

            elapsed = Stopwatch.GetElapsedTime(worker.Link.StartedAt(item.Slot, sequence));
            // A clock that a broken worker wrote is not believed: at worst the item gets its time once more, from now.
            if (elapsed < limit && elapsed > -limit)
            {
                TimeSpan rest = limit - elapsed;
                Arm(worker, item, sequence, rest < limit ? rest + TimeSpan.FromMilliseconds(1) : limit);
                return;
            }

            if (!supervisor.TrySuspend(worker, item))
                return;
        }

        Conclude(worker, item, sequence, limit, elapsed);
    }

    /// <summary>Fails the item with the worker's stack; then the worker is stopped, gently where the work could see its token.</summary>
    private void Conclude(ProcessWorker worker, RemoteItem item, uint sequence, TimeSpan limit, TimeSpan elapsed)
    {
        string? stack = null;
        string problem;
        if (WorkerStackSource.Current is not { } source)
            problem = "To see where it was, reference the package Tandem.Diagnostics.";
        else if (TryCapture(source, worker.ProcessId, out string text, out problem))
            stack = text;
        else
            problem = $"Where it was could not be seen: {problem}";

        lock (gate)
        {
            if (!IsRunning(worker, item, sequence, out _))
                return; // it was done while its stack was taken
        }

        var error = new WorkTimeoutException(
            item.NameOf(item.FirstElement), limit, elapsed, hasStarted: true, stack, stack is null ? problem : null);
        engine.FailForTimeout(item, error);
        lock (gate)
        {
            if (!worker.Holds(item) || item.Sequence != sequence)
                return;

            if (item.Payload.RemoteMethod.Method.TakesToken)
            {
                worker.SendCancel(item, FrameHeader.OwnToken);
                supervisor.KillAfterGrace(worker, item);
            }
            else
            {
                supervisor.TryBeginKill(
                    worker,
                    item,
                    EventReason.Timeout,
                    $"It was ended because '{item.Name}' was not done within {Supervisor.Seconds(limit)}.");
            }
        }
    }

    private static bool TryCapture(WorkerStackSource source, int processId, out string stack, out string problem)
    {
        try
        {
            return source.TryCapture(processId, null, StackLimit, out stack, out problem);
        }
        catch (Exception e)
        {
            // The caller is to hear of the time limit, whatever is wrong with the package for stacks.
            stack = "";
            problem = e.Message;
            return false;
        }
    }

    private void WatchMemory(ProcessWorker worker, RemoteItem item, uint sequence, long limit)
    {
        worker.MemoryLook = MemoryLook.At(worker.ProcessId);
        ITimer? timer = null;
        timer = Background.Timer(
            () =>
            {
                lock (gate)
                {
                    if (!IsRunning(worker, item, sequence, out bool started))
                    {
                        timer?.Dispose();
                        return;
                    }

                    if (!started)
                        return;
                }

                if (MemoryLook.At(worker.ProcessId) is not { } look)
                    return;

                worker.MemoryLook = look;
                if (look.Held > limit)
                    EndForMemory(worker, item, sequence, limit, look.Held);
            },
            MemoryInterval,
            MemoryInterval,
            e =>
            {
                timer?.Dispose();
                OnFailed(worker, item, e);
            });
    }

    /// <summary>Nobody watches the item any longer, so it does not go on.</summary>
    private void OnFailed(ProcessWorker worker, RemoteItem item, Exception error)
    {
        engine.Events.OnBackgroundFailure(error);
        lock (gate)
        {
            supervisor.TryBeginKill(
                worker,
                item,
                EventReason.Requested,
                $"It was ended because the limits of '{item.Name}' could not be watched any longer ({error.Message}).");
        }
    }

    private void EndForMemory(ProcessWorker worker, RemoteItem item, uint sequence, long limit, long memory)
    {
        string detail = $"it held {ProcessMemory.Display(memory)}";
        lock (gate)
        {
            if (!IsRunning(worker, item, sequence, out _)
                || !supervisor.TryBeginKill(worker, item, EventReason.Memory, $"It was ended because {detail}.", atOnce: true))
            {
                return;
            }
        }

        item.SetException(new WorkMemoryException(item.NameOf(item.FirstElement), limit, detail + " and was ended."));
    }

    private bool IsRunning(ProcessWorker worker, RemoteItem item, uint sequence, out bool started)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        started = false;
        if (item.IsSettled || item.Sequence != sequence || worker.State == WorkerState.Dead || !worker.Holds(item))
            return false;

        started = worker.Link.ProgressOf(item.Slot, sequence) >= item.FirstElement;
        return true;
    }
}
