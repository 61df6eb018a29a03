using System.Globalization;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>Starts the successor of a worker that leaves its slot although nothing replaces it there: it exits, or it drains.</summary>
internal sealed class SuccessorStarter
{
    private readonly WorkerFleet _fleet; // has the slots
    private readonly SlotFiller _filler; // starts the successors
    private readonly Board _board; // has the number of requests that a worker has served
    private readonly TimeSpan _minUptime; // the age at which an exit no longer counts as a failed start
    private readonly ServeLog _log; // the server's log
    private readonly CancellationToken _stop; // cancelled when the supervisor stops: there are no successors any more

    /// <param name="fleet">Has the slots.</param>
    /// <param name="filler">Starts the successors.</param>
    /// <param name="context">What all workers share.</param>
    /// <param name="stop">Cancelled when the supervisor stops.</param>
    internal SuccessorStarter(WorkerFleet fleet, SlotFiller filler, WebWorkerContext context, CancellationToken stop)
    {
        _fleet = fleet;
        _filler = filler;
        _board = context.Board;
        _minUptime = context.Options.MinUptime;
        _log = context.Log;
        _stop = stop;
    }

    /// <summary>Waits until a worker that serves has exited, and then starts its successor.</summary>
    internal async Task FollowAsync(Slot slot, WebWorker worker)
    {
        string? end = await worker.Ended.ConfigureAwait(false);
        if (_fleet.LeaveSlot(slot, worker))
        {
            await StartSuccessorAsync(slot, worker, "exited", end ?? WorkerFleet.UnexpectedExit, hasCrashed: end is not null)
                .ConfigureAwait(false);
        }
        else
        {
            _log.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"worker {slot.Number} (pid {worker.ProcessId}) exited after {worker.Served} requests{(end is null ? "" : $": {end}")}"));
        }
    }

    /// <summary>Replaces a worker as soon as it has served its maximum number of requests.</summary>
    internal async Task FollowDueAsync(Slot slot, WebWorker worker)
    {
        await worker.Due.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (worker.Due.IsCompletedSuccessfully)
            ReplaceDraining(slot, worker);
    }

    /// <summary>
    /// Handles a worker that drains although the supervisor did not tell it to, because it reached its request limit or got a TERM itself.
    /// Its successor starts while it finishes its requests.
    /// </summary>
    internal void ReplaceDraining(Slot slot, WebWorker worker)
    {
        if (!_fleet.LeaveSlot(slot, worker))
            return;

        worker.LimitEnd();
        if (worker.IsDue)
        {
            string due = string.Create(
                CultureInfo.InvariantCulture,
                $"it has served {Volatile.Read(ref _board[worker.Entry].Requests)} requests (--max-requests)");
            worker.NoteEnd(due);
            _ = StartSuccessorAsync(slot, worker, "is replaced", due, hasCrashed: false);
            return;
        }

        const string Reason = "it began to shut down although the supervisor did not ask for it";
        _ = StartSuccessorAsync(slot, worker, "accepts no more connections", Reason, hasCrashed: false);
    }

    /// <summary>Starts the successor of a worker that left its slot without being told to.</summary>
    private async Task StartSuccessorAsync(Slot slot, WebWorker worker, string verb, string reason, bool hasCrashed)
    {
        if (slot.IsRetired || _stop.IsCancellationRequested)
            return;

        _log.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"worker {slot.Number} (pid {worker.ProcessId}) {verb} after {worker.Age.TotalSeconds:0.0} s: {reason}"));
        slot.Note(reason);
        TimeSpan age = worker.Age;
        // A worker that another program asked to exit, for example with TERM, did not crash. But if it was young, it may be one of many in
        // a short time, so it counts.
        bool counts = !worker.Due.IsCompletedSuccessfully && (hasCrashed || age < _minUptime);
        TimeSpan delay = counts ? slot.Crashes.OnEnded(age, worker.WasKilled) : TimeSpan.Zero;
        await _filler.RefillAsync(slot, delay).ConfigureAwait(false);
    }
}
