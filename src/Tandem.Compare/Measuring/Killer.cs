using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.Interop;

namespace Tandem.Compare.Measuring;

/// <summary>Kills one worker with SIGKILL, while it runs an item.</summary>
internal sealed class Killer(ItemBoard board, int items, bool ownProcess)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // when a new worker was ready
    private readonly TaskCompletionSource<long> _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _killed; // when the worker was killed, a Stopwatch timestamp; 0 before

    /// <summary>Waits until a third of the items are done, kills a worker, and waits for its replacement.</summary>
    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "Another process is watched through shared memory, which gives no event.")]
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (!TryKill() && Stopwatch.GetElapsedTime(start) < Patience)
        {
            await Task.Delay(1, cancellationToken).ConfigureAwait(false);
            if (Ended() == items)
                return;
        }

        if (Volatile.Read(ref _killed) != 0)
            await Task.WhenAny(_replaced.Task, Task.Delay(Patience, cancellationToken)).ConfigureAwait(false);
    }

    internal void OnWorkerChanged(object? sender, WorkerEvent change)
    {
        if (change.Kind == WorkerEventKind.Ready && Volatile.Read(ref _killed) != 0)
            _replaced.TrySetResult(Stopwatch.GetTimestamp());
    }

    /// <summary>Describes the loss, in a process that survived.</summary>
    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "Another process is watched through shared memory, which gives no event.")]
    internal BlastRadius Describe(int crashed)
    {
        if (_killed == 0)
        {
            return new BlastRadius
            {
                Items = items,
                Description = "all items were done before a worker was found at work; no worker was killed."
            };
        }

        TimeSpan? recovery = _replaced.Task.IsCompletedSuccessfully ? Stopwatch.GetElapsedTime(_killed, _replaced.Task.Result) : null;
        return new BlastRadius
        {
            Items = items,
            RunningItemsLost = crashed,
            Recovery = recovery,
            Description = $"{crashed} of {Amount.Of(items, "item")} lost, the others completed"
                + (recovery is { } time ? $"; a new worker was ready after {time.TotalMilliseconds:0} ms." : "."),
        };
    }

    /// <summary>Describes the loss of the whole program, in the process that had started it.</summary>
    internal static BlastRadius OfProgram(ItemBoard board, int items)
    {
        int ended = 0, running = 0;
        foreach (ref readonly ItemMark mark in board.Marks[..items])
        {
            ended += mark.End != 0 ? 1 : 0;
            running += mark.IsRunning ? 1 : 0;
        }

        return new BlastRadius
        {
            EndsProgram = true,
            Items = items,
            RunningItemsLost = running,
            FinishedItemsLost = ended,
            ItemsNeverRun = items - ended - running,
            Description = $"the process was lost with everything in it: {Amount.Of(running, "running item")}, "
                + $"{items - ended - running} waiting items, "
                + $"the results of {ended} completed items, and everything else that the program did.",
        };
    }

    private bool TryKill()
    {
        if (Ended() < items / 3)
            return false;

        int victim = ownProcess ? Environment.ProcessId : LastBegun();
        if (!ownProcess)
            return victim != 0 && Standstill.TryKill(victim, () => IsAtWork(victim) && Note());

        // Short items are rarely found running, and a process cannot stop itself to check. So after two thirds of the items, it is killed
        // in any case.
        return (IsAtWork(victim) || Ended() > items * 2 / 3) && Note() && Libc.Kill(victim, Libc.SIGKILL) == 0;
    }

    /// <summary>Records the time, before the kill, because another worker may be ready at once.</summary>
    private bool Note()
    {
        Volatile.Write(ref _killed, Stopwatch.GetTimestamp());
        return true;
    }

    private int Ended()
    {
        int ended = 0;
        foreach (ref readonly ItemMark mark in board.Marks[..items])
            ended += mark.End != 0 ? 1 : 0;

        return ended;
    }

    private bool IsAtWork(int process)
    {
        foreach (ref readonly ItemMark mark in board.Marks[..items])
        {
            if (mark.IsRunning && mark.ProcessId == process)
                return true;
        }

        return false;
    }

    /// <summary>The process that began an item last, which is most likely still at work; 0 if there is none.</summary>
    private int LastBegun()
    {
        (long start, int process) = (0, 0);
        foreach (ref readonly ItemMark mark in board.Marks[..items])
        {
            if (mark.Start > start)
                (start, process) = (mark.Start, mark.ProcessId);
        }

        return process;
    }
}
