using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <content>How a slot gets its worker: one that takes another's place as planned, or the next one after an end.</content>
internal sealed partial class WebSupervisor
{
    private const string EndedUnasked = "it ended as if it had been told to, which nobody here has done";

    /// <exception cref="OperationCanceledException">The end has begun: from then on there are no new workers.</exception>
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

        _ = ForgetAsync(worker);
        return worker;
    }

    private async Task ForgetAsync(WebWorker worker)
    {
        string? end = await worker.Ended.ConfigureAwait(false);
        lock (_lock)
        {
            _workers.Remove(worker);
            _entries.Return(worker.Entry);
            // With it, so that the sum never is less for a moment.
            _slots.Find(slot => slot.Number == worker.Number)?.TimedOutBefore += worker.TimedOut;
        }

        ForgetAhead(worker, end ?? EndedUnasked);
    }

    /// <summary>A worker that is ready begins to serve; the one that did before drains.</summary>
    /// <param name="slot">Where.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="mayDisplace">Whether it takes the place of another one, and decides of which version the slot is.</param>
    /// <param name="former">The one that served before.</param>
    /// <returns>Whether it was wanted; else it has been told to end.</returns>
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

    /// <summary>Replaces the worker of a slot; the old one goes when the new one serves.</summary>
    /// <returns>Why that did not come to be.</returns>
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
            if (await ReplaceAsync(slot, former, "back to the version before").ConfigureAwait(false) is { } failure)
                Log.Write($"worker {slot.Number} could not be put back to {former.Path}: {failure.Message}");
        }
    }

    /// <summary>Gives a new slot its worker. Where the first try fails others follow, for which nobody waits: they may fail for ever.</summary>
    /// <returns>Why the first one failed.</returns>
    private async Task<string?> FillAsync(Slot slot)
    {
        if (await TryFillAsync(slot).ConfigureAwait(false) is not { } failed)
            return null;

        _ = RefillAsync(slot, OnFailed(slot, failed.Problem, failed.WasKilled));
        return failed.Problem;
    }

    /// <summary>Gives a slot a worker, however often that takes.</summary>
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

    /// <summary>Tries once to give a slot a worker.</summary>
    /// <returns>Why that failed, and whether somebody else has killed its process.</returns>
    private async Task<(string Problem, bool WasKilled)?> TryFillAsync(Slot slot)
    {
        try
        {
            ResolvedApp app = FindVersion(slot);
            WebWorker worker = TakeSpare(app) ?? TakeStandby(slot.Number, app) ?? Start(slot.Number, app);
            await worker.Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (FailureOf(worker) is { } failure)
                return ($"it did not become ready: {failure.Message}", worker.WasKilled);

            // Else a replacement as planned has come first, or another version.
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
            return ($"it could not be started: {e.GetType().Name}: {e.Message}", false); // such as: no descriptor is left; there may be some later
        }
    }

    /// <summary>
    /// Which version the next worker of a slot is of: the slot's, as long as its files are there. Where they were deleted, only what lies at the
    /// application's path now can be started.
    /// </summary>
    /// <exception cref="ServeException">That is not there either, or cannot be served.</exception>
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
            Log.Write($"worker {slot.Number}: {former.Path} or its folder {former.Folder} was deleted; the next worker is of {next.Path} in {next.Folder}");

        return next;
    }

    /// <summary>Follows a worker that serves to its end.</summary>
    private async Task FollowAsync(Slot slot, WebWorker worker)
    {
        string? end = await worker.Ended.ConfigureAwait(false);
        if (Leave(slot, worker))
            await SucceedAsync(slot, worker, "is gone", end ?? EndedUnasked, hasCrashed: end is not null).ConfigureAwait(false);
        else
            Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} (pid {worker.ProcessId}) has ended after {worker.Served} requests{(end is null ? "" : $": {end}")}"));
    }

    /// <summary>Whether the slot was this worker's until now.</summary>
    private bool Leave(Slot slot, WebWorker worker)
    {
        lock (_lock)
        {
            if (slot.Current != worker)
                return false;

            slot.Current = null;
            return true;
        }
    }

    /// <summary>Gives a slot the successor of a worker that has left it without being told to.</summary>
    private async Task SucceedAsync(Slot slot, WebWorker worker, string verb, string reason, bool hasCrashed)
    {
        if (slot.IsRetired || _stop.IsCancellationRequested)
            return;

        Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} (pid {worker.ProcessId}) {verb} after {worker.Age.TotalSeconds:0.0} s: {reason}"));
        slot.Note(reason);
        TimeSpan age = worker.Age;
        // One that was asked to end by somebody else, such as by TERM, has not crashed. Young, it may be part of a storm all the same.
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
