using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <content>Filling a slot: planned replacements, and successors of workers that exited.</content>
internal sealed partial class WebSupervisor
{
    private const string UnexpectedExit = "it exited without an error although the supervisor did not stop it";

    /// <exception cref="OperationCanceledException">The supervisor is stopping, and starts no more workers.</exception>
    private WebWorker Start(int number, ResolvedApp app, bool waits = false)
    {
        WebWorker worker;
        lock (_lock)
        {
            _stop.Token.ThrowIfCancellationRequested();
            int entry = _entries.Take();
            try
            {
                worker = new WebWorker(_context, app, number, entry, _slots.Count, waits);
            }
            catch
            {
                _entries.Return(entry);
                throw;
            }

            _workers.Add(worker);
        }

        _ = FollowExitAsync(worker);
        return worker;
    }

    private async Task FollowExitAsync(WebWorker worker)
    {
        string? end = await worker.Ended.ConfigureAwait(false);
        lock (_lock)
        {
            _workers.Remove(worker);
            _entries.Return(worker.Entry);
            // Under the same lock as the removal, so that the sum never decreases.
            _slots.Find(slot => slot.Number == worker.Number)?.TimedOutBefore += worker.TimedOut;
        }

        OnAheadExited(worker, end ?? UnexpectedExit);
    }

    /// <summary>Lets a worker that is ready serve in a slot. The caller must drain the worker that served there before.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="mayDisplace">Whether the worker may replace another one and sets the version of the slot.</param>
    /// <param name="former">The worker that served there before.</param>
    /// <returns>Whether the worker was installed; otherwise it was stopped.</returns>
    private bool Install(Slot slot, WebWorker worker, bool mayDisplace, out WebWorker? former)
    {
        bool isWanted;
        lock (_lock)
        {
            former = slot.Current;
            isWanted = !slot.IsRetired && !_stop.IsCancellationRequested && (mayDisplace || (former is null && ReferenceEquals(worker.App, slot.App)));
            if (isWanted)
            {
                worker.Number = slot.Number;
                slot.Current = worker;
                slot.NextAttempt = null;
                if (!ReferenceEquals(slot.App, worker.App))
                    slot.Crashes.Clear();
                slot.App = worker.App;
            }
        }

        if (!isWanted)
        {
            worker.StopNow();
            return false;
        }

        worker.Accept();
        Log.Write(string.Create(
            CultureInfo.InvariantCulture, $"worker {slot.Number} (pid {worker.ProcessId}) serves; it was ready after {worker.ReadyAfter?.TotalMilliseconds ?? 0:0} ms; attached by {worker.AttachedBy}"));
        _ = FollowAsync(slot, worker);
        if (worker.Limits.Requests > 0)
            _ = FollowDueAsync(slot, worker);
        if (Options.RequestLimits is not null)
            _ = FollowStuckAsync(slot, worker);
        return true;
    }

    /// <summary>Replaces the worker of a slot. The old worker drains as soon as the new one serves.</summary>
    /// <returns>Why the new worker did not become ready; null if it did, or if it was no longer wanted.</returns>
    private async Task<ServeException?> ReplaceAsync(Slot slot, ResolvedApp app, string reason)
    {
        WebWorker next;
        try
        {
            next = TakeStandby(slot.Number, app) ?? Start(slot.Number, app);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new ServeException(ServeExitCode.NotReady, $"It could not be started: {e.Message}", e);
        }

        await next.Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (FailureOf(next) is { } failure)
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

    private async Task RollBackAsync(List<Slot> slots, ResolvedApp former)
    {
        foreach (Slot slot in slots)
        {
            if (await ReplaceAsync(slot, former, "rolled back to the previous version").ConfigureAwait(false) is { } failure)
                Log.Write($"worker {slot.Number} could not be rolled back to {former.Path}: {failure.Message}");
        }
    }

    /// <summary>
    /// Starts the worker of a new slot. If the first attempt fails, others follow in the background, because they may fail forever.
    /// </summary>
    /// <returns>Why the first attempt failed; null if it succeeded.</returns>
    private async Task<string?> FillAsync(Slot slot)
    {
        if (await TryFillAsync(slot).ConfigureAwait(false) is not { } failed)
            return null;

        _ = RefillAsync(slot, OnFailed(slot, failed.Problem, failed.WasKilled));
        return failed.Problem;
    }

    /// <summary>Starts workers for a slot until one serves.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
    private async Task RefillAsync(Slot slot, TimeSpan delay)
    {
        while (!slot.IsRetired && slot.Current is null && !_stop.IsCancellationRequested)
        {
            if (delay > TimeSpan.Zero)
            {
                string loop = slot.Crashes.Describe() is { } what ? $" ({what})" : "";
                Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} is started again in {delay.TotalSeconds:0.###} s{loop}"));
                slot.NextAttempt = DateTimeOffset.UtcNow + delay;
                await Task.Delay(delay, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                slot.NextAttempt = null;
                delay = TimeSpan.Zero;
            }
            else if (await TryFillAsync(slot).ConfigureAwait(false) is { } failed)
            {
                delay = OnFailed(slot, failed.Problem, failed.WasKilled);
            }
        }
    }

    /// <summary>Tries once to start a worker for a slot.</summary>
    /// <returns>Why the attempt failed, and whether another program killed the process; null if it succeeded.</returns>
    private async Task<(string Problem, bool WasKilled)?> TryFillAsync(Slot slot)
    {
        try
        {
            ResolvedApp app = FindVersion(slot);
            WebWorker worker = TakeSpare(app) ?? TakeStandby(slot.Number, app) ?? Start(slot.Number, app);
            await worker.Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (FailureOf(worker) is { } failure)
                return ($"it did not become ready: {failure.Message}", worker.WasKilled);

            // If it is not installed, a planned replacement or another version came first.
            if (Install(slot, worker, mayDisplace: false, out _))
            {
                slot.Crashes.OnReady();
                KeepSpares();
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

    /// <summary>
    /// Returns the version that the next worker of a slot runs: the slot's own, as long as its files exist. If they were deleted, only the
    /// version that is at the application's path now can be started.
    /// </summary>
    /// <exception cref="ServeException">That version does not exist either, or cannot be served.</exception>
    private ResolvedApp FindVersion(Slot slot)
    {
        ResolvedApp former = slot.App;
        if (former.IsThere)
            return former;

        ResolvedApp next = App;
        if (!next.IsThere)
            next = _application.Resolve();
        lock (_lock)
        {
            if (!_app.IsThere)
                _app = next;
            slot.App = next;
        }

        if (former.Path != next.Path || former.Folder != next.Folder)
            Log.Write($"worker {slot.Number}: {former.Path} or its folder {former.Folder} was deleted; the next worker runs {next.Path} in {next.Folder}");

        return next;
    }

    /// <summary>Waits until a worker that serves has exited, and then starts its successor.</summary>
    private async Task FollowAsync(Slot slot, WebWorker worker)
    {
        string? end = await worker.Ended.ConfigureAwait(false);
        if (LeaveSlot(slot, worker))
            await StartSuccessorAsync(slot, worker, "exited", end ?? UnexpectedExit, hasCrashed: end is not null).ConfigureAwait(false);
        else
            Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} (pid {worker.ProcessId}) exited after {worker.Served} requests{(end is null ? "" : $": {end}")}"));
    }

    /// <summary>Removes a worker from its slot; false if it no longer served there.</summary>
    private bool LeaveSlot(Slot slot, WebWorker worker)
    {
        lock (_lock)
        {
            if (slot.Current != worker)
                return false;

            slot.Current = null;
            return true;
        }
    }

    /// <summary>Starts the successor of a worker that left its slot without being told to.</summary>
    private async Task StartSuccessorAsync(Slot slot, WebWorker worker, string verb, string reason, bool hasCrashed)
    {
        if (slot.IsRetired || _stop.IsCancellationRequested)
            return;

        Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} (pid {worker.ProcessId}) {verb} after {worker.Age.TotalSeconds:0.0} s: {reason}"));
        slot.Note(reason);
        TimeSpan age = worker.Age;
        // A worker that another program asked to exit, for example with TERM, did not crash. But if it was young, it may be one of many in
        // a short time, so it counts.
        bool counts = !worker.Due.IsCompletedSuccessfully && (hasCrashed || age < Options.MinUptime);
        TimeSpan delay = counts ? slot.Crashes.OnEnded(age, worker.WasKilled) : TimeSpan.Zero;
        await RefillAsync(slot, delay).ConfigureAwait(false);
    }

    private TimeSpan OnFailed(Slot slot, string reason, bool wasKilled)
    {
        if (_stop.IsCancellationRequested)
            return TimeSpan.Zero;

        slot.Note(reason);
        TimeSpan delay = slot.Crashes.OnFailedStart(wasKilled);
        Log.Write($"worker {slot.Number}: {reason}");
        return delay;
    }

    private static ServeException? FailureOf(WebWorker worker) => worker.Ready.Exception?.InnerException as ServeException;
}
