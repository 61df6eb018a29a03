using System.Diagnostics;
using System.Globalization;
using Tandem.Serve.Apps;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>How a slot gets its worker: one that takes another's place as planned, or the next one after an end.</summary>
internal sealed partial class WebSupervisor
{
    /// <exception cref="OperationCanceledException">The end has begun: from then on there are no new workers.</exception>
    private WebWorker Start(int number, ResolvedApp app, bool waits = false)
    {
        WebWorker worker;
        lock (_lock)
        {
            _stop.Token.ThrowIfCancellationRequested();
            int entry = _freeEntries[0];
            _freeEntries.RemoveAt(0);
            ref BoardEntry header = ref _context.Board[0];
            Volatile.Write(ref header.Used, Math.Max(header.Used, entry + 1));
            worker = new WebWorker(_context, app, number, entry, _slots.Count, waits);
            _workers.Add(worker);
        }

        _ = ForgetAsync(worker);
        return worker;
    }

    private async Task ForgetAsync(WebWorker worker)
    {
        string? end = await worker.Ended.ConfigureAwait(false);
        if (worker.IsStandby && !worker.IsToldToStop)
            Log.Write(string.Create(CultureInfo.InvariantCulture, $"the standby (pid {worker.ProcessId}) is gone: {end}"));

        lock (_lock)
        {
            _workers.Remove(worker);
            _spares.Remove(worker);
            _standbys.Remove(worker);
            _freeEntries.Add(worker.Entry);
        }
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
            CultureInfo.InvariantCulture, $"worker {slot.Number} (pid {worker.ProcessId}) serves; it was ready after {worker.ReadyAfter?.TotalMilliseconds ?? 0:0} ms"));
        _ = FollowAsync(slot, worker);
        return true;
    }

    /// <summary>Replaces the worker of a slot; the old one goes when the new one serves.</summary>
    /// <returns>Why that did not come to be.</returns>
    private async Task<ServeException?> ReplaceAsync(Slot slot, ResolvedApp app, string reason)
    {
        WebWorker next = TakeStandby(slot.Number, app) ?? Start(slot.Number, app);
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

    /// <summary>Gives a slot a worker, however often that takes.</summary>
    private async Task RefillAsync(Slot slot, TimeSpan delay)
    {
        while (!slot.IsRetired && slot.Current is null)
        {
            try
            {
                if (delay > TimeSpan.Zero)
                {
                    Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} is started again in {delay.TotalSeconds:0.###} s"));
                    await Task.Delay(delay, _stop.Token).ConfigureAwait(false);
                }

                ResolvedApp app = slot.App;
                WebWorker worker = TakeSpare(app) ?? TakeStandby(slot.Number, app) ?? Start(slot.Number, app);
                await worker.Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = TimeSpan.Zero;
                if (FailureOf(worker) is { } failure)
                {
                    delay = OnFailed(slot, $"it did not become ready: {failure.Message}");
                }
                else if (Install(slot, worker, mayDisplace: false, out _))
                {
                    // Else a replacement as planned has come first, or another version.
                    slot.Budget.OnReady();
                    KeepSpares();
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Such as: no descriptor is left. There may be some later.
                delay = OnFailed(slot, $"it could not be started: {e}");
            }
        }
    }

    /// <summary>Follows a worker that serves to its end.</summary>
    private async Task FollowAsync(Slot slot, WebWorker worker)
    {
        string? end = await worker.Ended.ConfigureAwait(false);
        lock (_lock)
        {
            if (slot.Current != worker)
            {
                Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} (pid {worker.ProcessId}) has ended{(end is null ? "" : $": {end}")}"));
                return;
            }

            slot.Current = null;
            if (slot.IsRetired || _stop.IsCancellationRequested)
                return;
        }

        string what = end ?? "it ended as if it had been told to, which nobody here has done";
        Log.Write(string.Create(CultureInfo.InvariantCulture, $"worker {slot.Number} (pid {worker.ProcessId}) is gone after {worker.Age.TotalSeconds:0.0} s: {what}"));
        slot.Note(what);
        bool wasKilled = WebWorker.WasKilled(what) && !what.Contains("want of memory", StringComparison.Ordinal);
        TimeSpan delay = worker.Age >= Options.MinUptime ? TimeSpan.Zero
            : wasKilled ? slot.Budget.OnKilled()
            : slot.Budget.OnFailed(Stopwatch.GetTimestamp());
        await RefillAsync(slot, delay).ConfigureAwait(false);
    }

    private TimeSpan OnFailed(Slot slot, string reason)
    {
        if (_stop.IsCancellationRequested)
            return TimeSpan.Zero;

        slot.Note(reason);
        TimeSpan delay = slot.Budget.OnFailed(Stopwatch.GetTimestamp());
        Log.Write($"worker {slot.Number}: {reason}");
        return delay;
    }

    private static ServeException? FailureOf(WebWorker worker) => worker.Ready.Exception?.InnerException as ServeException;
}
