using System.Globalization;
using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <summary>Fills slots: replaces their workers as planned, and starts workers for those that have none.</summary>
/// <remarks>It has no lock: the slots change in the fleet, under its lock.</remarks>
internal sealed class SlotFiller
{
    private readonly WorkerFleet _fleet; // has the slots, and starts the workers
    private readonly WorkersAhead _ahead; // has processes that are ready sooner than a new one
    private readonly ServedApp _application; // finds the version that is at the application's path
    private readonly TimeProvider _time; // delays starts after a crash
    private readonly ServeLog _log; // the server's log
    private readonly CancellationToken _stop; // cancelled when the supervisor stops: no slot is filled any more

    /// <param name="fleet">Has the slots, and starts the workers.</param>
    /// <param name="ahead">Has processes that are ready sooner than a new one.</param>
    /// <param name="application">Finds the version that is at the application's path.</param>
    /// <param name="context">What all workers share.</param>
    /// <param name="stop">Cancelled when the supervisor stops.</param>
    internal SlotFiller(WorkerFleet fleet, WorkersAhead ahead, ServedApp application, WebWorkerContext context, CancellationToken stop)
    {
        _fleet = fleet;
        _ahead = ahead;
        _application = application;
        _time = context.Options.Time;
        _log = context.Log;
        _stop = stop;
    }

    /// <summary>Called when a worker begins to serve in a slot.</summary>
    internal Action<Slot, WebWorker>? Installed { get; set; }

    /// <summary>Lets a worker that is ready serve in a slot. The caller must drain the worker that served there before.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="mayDisplace">Whether the worker may replace another one and sets the version of the slot.</param>
    /// <param name="former">The worker that served there before.</param>
    /// <returns>Whether the worker was installed; otherwise it was stopped.</returns>
    internal bool Install(Slot slot, WebWorker worker, bool mayDisplace, out WebWorker? former)
    {
        if (!_fleet.TryFill(slot, worker, mayDisplace, out former))
        {
            worker.StopNow();
            return false;
        }

        worker.Accept();
        _log.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"worker {slot.Number} (pid {worker.ProcessId}) serves; it was ready after {worker.ReadyAfter?.TotalMilliseconds ?? 0:0} ms; "
            + $"attached by {worker.AttachedBy}"));
        Installed?.Invoke(slot, worker);
        return true;
    }

    /// <summary>Replaces the worker of a slot. The old worker drains as soon as the new one serves.</summary>
    /// <returns>Why the new worker did not become ready; null if it did, or if it was no longer wanted.</returns>
    internal async Task<ServeException?> ReplaceAsync(Slot slot, ResolvedApp app, string reason)
    {
        WebWorker next;
        try
        {
            next = _ahead.TakeStandby(slot.Number, app) ?? _fleet.Start(slot.Number, app);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new ServeException(ServeExitCode.NotReady, $"It could not be started: {e.Message}", e);
        }

        await next.Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (next.StartFailure is { } failure)
            return failure;

        if (!Install(slot, next, mayDisplace: true, out WebWorker? former))
            return null;

        slot.Note(reason);
        if (former is not null)
        {
            former.Drain(reason);
            await former.ClosedAsync().ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Replaces the workers of slots by workers of a former version.</summary>
    internal async Task RollBackAsync(List<Slot> slots, ResolvedApp former)
    {
        foreach (Slot slot in slots)
        {
            if (await ReplaceAsync(slot, former, "rolled back to the previous version").ConfigureAwait(false) is { } failure)
                _log.Write($"worker {slot.Number} could not be rolled back to {former.Path}: {failure.Message}");
        }
    }

    /// <summary>
    /// Starts the worker of a new slot. If the first attempt fails, others follow in the background, because they may fail forever.
    /// </summary>
    /// <returns>Why the first attempt failed; null if it succeeded.</returns>
    internal async Task<string?> FillAsync(Slot slot)
    {
        if (await TryFillAsync(slot).ConfigureAwait(false) is not { } failed)
            return null;

        _ = RefillAsync(slot, OnFailed(slot, failed.Problem, failed.WasKilled));
        return failed.Problem;
    }

    /// <summary>Starts workers for a slot until one serves.</summary>
    internal async Task RefillAsync(Slot slot, TimeSpan delay)
    {
        while (!slot.IsRetired && slot.Current is null && !_stop.IsCancellationRequested)
        {
            if (delay > TimeSpan.Zero)
            {
                string loop = slot.Crashes.Describe() is { } what ? $" ({what})" : "";
                _log.Write(string.Create(
                    CultureInfo.InvariantCulture, $"worker {slot.Number} is started again in {delay.TotalSeconds:0.###} s{loop}"));
                slot.NextAttempt = _time.GetUtcNow() + delay;
                await Task.Delay(delay, _time, _stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                slot.NextAttempt = null;
                delay = TimeSpan.Zero;
            }
            else if (await TryFillAsync(slot).ConfigureAwait(false) is { } failed)
            {
                delay = OnFailed(slot, failed.Problem, failed.WasKilled);
            }
        }
    }

    /// <summary>
    /// Returns the version that the next worker of a slot runs: the slot's own, as long as its files exist. If they were deleted, only the
    /// version that is at the application's path now can be started.
    /// </summary>
    /// <exception cref="ServeException">That version does not exist either, or cannot be served.</exception>
    internal ResolvedApp FindVersion(Slot slot)
    {
        ResolvedApp former = slot.App;
        if (former.IsThere)
            return former;

        ResolvedApp next = _fleet.App;
        if (!next.IsThere)
            next = _application.Resolve();
        _fleet.ReplaceDeletedVersion(slot, next);
        if (former.Path != next.Path || former.Folder != next.Folder)
        {
            _log.Write(
                $"worker {slot.Number}: {former.Path} or its folder {former.Folder} was deleted; "
                + $"the next worker runs {next.Path} in {next.Folder}");
        }

        return next;
    }

    /// <summary>Logs that a worker of a slot did not become ready; returns how long to wait before the next start.</summary>
    internal TimeSpan OnFailed(Slot slot, string reason, bool wasKilled)
    {
        if (_stop.IsCancellationRequested)
            return TimeSpan.Zero;

        slot.Note(reason);
        TimeSpan delay = slot.Crashes.OnFailedStart(wasKilled);
        _log.Write($"worker {slot.Number}: {reason}");
        return delay;
    }

    /// <summary>Tries once to start a worker for a slot.</summary>
    /// <returns>Why the attempt failed, and whether another program killed the process; null if it succeeded.</returns>
    private async Task<(string Problem, bool WasKilled)?> TryFillAsync(Slot slot)
    {
        try
        {
            ResolvedApp app = FindVersion(slot);
            WebWorker worker = _ahead.TakeSpare(app) ?? _ahead.TakeStandby(slot.Number, app) ?? _fleet.Start(slot.Number, app);
            await worker.Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (worker.StartFailure is { } failure)
                return ($"it did not become ready: {failure.Message}", worker.WasKilled);

            // If it is not installed, a planned replacement or another version came first.
            if (Install(slot, worker, mayDisplace: false, out _))
            {
                slot.Crashes.OnReady();
                _ahead.KeepSpares();
            }

            return null;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return null;
        }
        catch (ServeException e)
        {
            return ($"it could not be started: {e.Message}", false);
        }
        catch (Exception e)
        {
            // for example, no file descriptor is free; one may be free later
            return ($"it could not be started: {e.GetType().Name}: {e.Message}", false);
        }
    }
}
