using System.Globalization;
using Tandem.Serve.Protocol;
using Tandem.Stacks;

namespace Tandem.Serve.Workers;

/// <content>Watching for workers that hang, and for workers that have reached a limit.</content>
internal sealed partial class WebSupervisor
{
    /// <summary>The time limit for reading a stack: long enough for the debugging library to load on a busy machine.</summary>
    private static readonly TimeSpan StackLimit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After a gap of this many heartbeats, in which the supervisor itself did not run, it does not detect hangs for as many turns, because
    /// the workers may have been suspended as well.
    /// </summary>
    private const int TurnsAfterFreeze = 8;

    private bool _isReplacing; // whether a worker is being recycled; at most one is at a time

    /// <summary>Called each time after all workers were checked, several times per second.</summary>
    internal Action? Watched { get; init; }

    /// <summary>Checks all workers regularly.</summary>
    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(ServeProtocol.Beat);
        long last = Environment.TickCount64;
        int patience = 0;
        for (int turn = 1; await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false); turn++)
        {
            long now = Environment.TickCount64;
            patience = now - last > TurnsAfterFreeze * ServeProtocol.Beat.TotalMilliseconds ? TurnsAfterFreeze : Math.Max(0, patience - 1);
            last = now;
            try
            {
                CheckWorkers(turn, seesHangs: patience == 0);
                CheckLoad();
                _context.Listeners.Check();
                Watched?.Invoke();
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                Log.Write($"checking the workers failed: {e}");
            }
        }
    }

    private void CheckWorkers(int turn, bool seesHangs)
    {
        // Spares and standbys that exited are not replaced at once, so that a version that cannot start does not use up the machine.
        if (turn % 12 == 0 && _operation.CurrentCount > 0)
        {
            KeepSpares();
            KeepStandbys();
        }
        else if (_operation.CurrentCount > 0 && IsAnyNearlyDue())
        {
            KeepSpares();
        }

        long now = Environment.TickCount64;
        foreach (Slot slot in Slots())
        {
            if (slot.Current is not { IsToldToStop: false } worker)
                continue;

            if (worker.State == WebWorkerState.Draining)
                ReplaceDraining(slot, worker);
            else if (seesHangs && !worker.IsHangHandled && DescribeHang(worker) is { } hang)
                _ = KillHangingAsync(slot, worker, hang);
            else if (turn % 4 == 0 && !_isReplacing && now >= slot.RecyclesFrom && worker.Limits.Reason(worker) is { } reason)
                _ = RecycleAsync(slot, worker, reason);
        }
    }

    private bool IsAnyNearlyDue() => Slots().Exists(static slot => slot.Current is { IsNearlyDue: true });

    /// <summary>Replaces a worker as soon as it has served its maximum number of requests.</summary>
    private async Task FollowDueAsync(Slot slot, WebWorker worker)
    {
        await worker.Due.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (worker.Due.IsCompletedSuccessfully)
            ReplaceDraining(slot, worker);
    }

    /// <summary>
    /// Handles a worker that drains although the supervisor did not tell it to, because it reached its request limit or got a TERM itself.
    /// Its successor starts while it finishes its requests.
    /// </summary>
    private void ReplaceDraining(Slot slot, WebWorker worker)
    {
        if (!LeaveSlot(slot, worker))
            return;

        worker.LimitEnd();
        if (worker.IsDue)
        {
            string due = string.Create(CultureInfo.InvariantCulture, $"it has served {Volatile.Read(ref _context.Board[worker.Entry].Requests)} requests (--max-requests)");
            worker.NoteEnd(due);
            _ = StartSuccessorAsync(slot, worker, "is replaced", due, hasCrashed: false);
            return;
        }

        const string Reason = "it began to shut down although the supervisor did not ask for it";
        _ = StartSuccessorAsync(slot, worker, "accepts no more connections", Reason, hasCrashed: false);
    }

    /// <summary>Describes how a worker hangs; null if it does not.</summary>
    private string? DescribeHang(WebWorker worker)
    {
        ref BoardEntry entry = ref _context.Board[worker.Entry];
        long limit = (long)Options.HangTimeout.TotalMilliseconds;
        long alive = Volatile.Read(ref entry.AliveAt);
        if (limit == 0 || worker.State is not WebWorkerState.Accepting || alive == 0)
            return null;

        long now = Environment.TickCount64;
        if (now - alive > limit)
            return string.Create(CultureInfo.InvariantCulture, $"its process has not run for {(now - alive) / 1000.0:0.0} s");

        long served = now - Volatile.Read(ref entry.PoolServedAt);
        if (served > limit)
            return string.Create(CultureInfo.InvariantCulture, $"its thread pool has served nothing for {served / 1000.0:0.0} s");

        long starvedSince = Volatile.Read(ref entry.StarvedSince);
        return starvedSince > 0 && now - starvedSince > limit
            ? string.Create(CultureInfo.InvariantCulture, $"its thread pool is starved: all its threads are blocked, and work has waited long for {(now - starvedSince) / 1000.0:0.0} s")
            : null;
    }

    /// <summary>
    /// Kills a worker that hangs, after logging its stack. It runs concurrently with the watch loop, on which the service manager's
    /// heartbeat and the other workers depend.
    /// </summary>
    private async Task KillHangingAsync(Slot slot, WebWorker worker, string what)
    {
        worker.IsHangHandled = true;
        try
        {
            string stack = await Task.Run(() => StackOf(worker.ProcessId)).ConfigureAwait(false);
            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}) hangs: {what} (--hang-timeout). {stack}");
            if (DescribeHang(worker) is not null)
            {
                worker.Kill($"The supervisor killed it because {what}.");
                return;
            }

            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}) has recovered and continues");
        }
        catch (Exception e)
        {
            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}) hangs and could not be killed: {e}");
        }

        worker.IsHangHandled = false;
    }

    private static string StackOf(int processId, int? threadId = null)
    {
        if (WorkerStackSource.Current is not { } source)
            return "Its stack cannot be shown without Tandem.Diagnostics.";

        return source.TryCapture(processId, threadId, StackLimit, out string stack, out string problem) ? $"Its stack:\n{stack}" : $"Its stack could not be read: {problem}";
    }

    private async Task RecycleAsync(Slot slot, WebWorker worker, string reason)
    {
        _isReplacing = true;
        try
        {
            await _operation.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                if (slot.Current != worker)
                    return; // another one serves there by now

                Log.Write($"worker {slot.Number} is replaced: {reason}");
                if (await ReplaceAsync(slot, FindVersion(slot), reason).ConfigureAwait(false) is { } failure)
                    throw failure;
            }
            finally
            {
                _operation.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // The end has come first.
        }
        catch (Exception e)
        {
            slot.RecyclesFrom = Environment.TickCount64 + (long)Options.RestartPeriod.TotalMilliseconds;
            Log.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"worker {slot.Number} continues, because its successor did not become ready; the next attempt is after at least {Options.RestartPeriod.TotalSeconds:0.###} s: {(e is ServeException ? e.Message : e)}"));
        }
        finally
        {
            _isReplacing = false;
        }
    }
}
