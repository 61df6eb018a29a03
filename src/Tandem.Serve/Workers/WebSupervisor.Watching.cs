using System.Globalization;
using Tandem.Serve.Protocol;
using Tandem.Stacks;

namespace Tandem.Serve.Workers;

/// <content>Workers that hang, and workers that are due.</content>
internal sealed partial class WebSupervisor
{
    /// <summary>Long enough for the debugging library to load on a machine that is busy with many things.</summary>
    private static readonly TimeSpan StackLimit = TimeSpan.FromSeconds(30);

    /// <summary>Who has not run itself for so long cannot say of others that they do not: they are given as many turns to show it.</summary>
    private const int TurnsAfterFreeze = 8;

    private bool _isReplacing;

    /// <summary>Called each time that all workers were looked at, some times in a second.</summary>
    internal Action? Watched { get; init; }

    /// <summary>Looks at all workers now and then.</summary>
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
                Look(turn, seesHangs: patience == 0);
                LookAtLoad();
                _context.Listeners.Check();
                Watched?.Invoke();
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                Log.Write($"the workers could not be looked at: {e}");
            }
        }
    }

    private void Look(int turn, bool seesHangs)
    {
        // One that dies is not replaced at once, so that a version that cannot start does not take the machine.
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
                LetGo(slot, worker);
            else if (seesHangs && !worker.IsLookedInto && HangOf(worker) is { } hang)
                _ = EndHangingAsync(slot, worker, hang);
            else if (turn % 4 == 0 && !_isReplacing && now >= slot.RecyclesFrom && worker.Limits.Reason(worker) is { } reason)
                _ = RecycleAsync(slot, worker, reason);
        }
    }

    private bool IsAnyNearlyDue() => Slots().Exists(static slot => slot.Current is { IsNearlyDue: true });

    /// <summary>Gives a worker a successor at once when it has served as many requests as it may.</summary>
    private async Task FollowDueAsync(Slot slot, WebWorker worker)
    {
        await worker.Due.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (worker.Due.IsCompletedSuccessfully)
            LetGo(slot, worker);
    }

    /// <summary>
    /// One that ends although nobody here has told it to, because it is due by its own count or by TERM to itself: its successor comes while it
    /// finishes what it has.
    /// </summary>
    private void LetGo(Slot slot, WebWorker worker)
    {
        if (!Leave(slot, worker))
            return;

        worker.LimitEnd();
        if (worker.IsDue)
        {
            string due = string.Create(CultureInfo.InvariantCulture, $"it has served {Volatile.Read(ref _context.Board[worker.Entry].Requests)} requests (--max-requests)");
            worker.NoteEnd(due);
            _ = SucceedAsync(slot, worker, "is replaced", due, hasCrashed: false);
            return;
        }

        const string Reason = "it began to end, which nobody here has asked of it";
        _ = SucceedAsync(slot, worker, "takes no more connections", Reason, hasCrashed: false);
    }

    /// <summary>What a worker does not do any more; null while it lives.</summary>
    private string? HangOf(WebWorker worker)
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
            ? string.Create(CultureInfo.InvariantCulture, $"its thread pool is starved: all threads that it has are blocked, and work has waited long for {(now - starvedSince) / 1000.0:0.0} s")
            : null;
    }

    /// <summary>Beside the watching, which the service manager hears of and which others may need.</summary>
    private async Task EndHangingAsync(Slot slot, WebWorker worker, string what)
    {
        worker.IsLookedInto = true;
        try
        {
            string stack = await Task.Run(() => StackOf(worker.ProcessId)).ConfigureAwait(false);
            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}) hangs: {what} (--hang-timeout). {stack}");
            if (HangOf(worker) is not null)
            {
                worker.Kill($"It was ended because {what}.");
                return;
            }

            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}) goes on meanwhile, and is left alone");
        }
        catch (Exception e)
        {
            Log.Write($"worker {slot.Number} (pid {worker.ProcessId}), which hangs, could not be ended: {e}");
        }

        worker.IsLookedInto = false;
    }

    private static string StackOf(int processId, int? threadId = null)
    {
        if (WorkerStackSource.Current is not { } source)
            return "Its stack cannot be shown without Tandem.Diagnostics.";

        return source.TryCapture(processId, threadId, StackLimit, out string stack, out string problem) ? $"It was at:\n{stack}" : $"Where it was could not be seen: {problem}";
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
                $"worker {slot.Number} goes on, because its successor did not become ready; the next try is in {Options.RestartPeriod.TotalSeconds:0.###} s or later: {(e is ServeException ? e.Message : e)}"));
        }
        finally
        {
            _isReplacing = false;
        }
    }
}
