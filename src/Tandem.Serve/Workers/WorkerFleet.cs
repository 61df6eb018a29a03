using System.Diagnostics;
using Tandem.Serve.Apps;
using Tandem.Serve.Os;

namespace Tandem.Serve.Workers;

/// <summary>
/// The workers that should exist (the slots), all worker processes, and the version of the application that serves. All of it changes under
/// <see cref="Lock"/>, and so do the processes that are started ahead of time (<see cref="WorkersAhead"/>).
/// </summary>
internal sealed class WorkerFleet
{
    /// <summary>Describes an exit for which there is no other description.</summary>
    internal const string UnexpectedExit = "it exited without an error although the supervisor did not stop it";

    private readonly List<Slot> _slots = []; // the workers that should exist, by number
    private readonly List<WebWorker> _workers = []; // all processes, including those that wait, start or drain
    private readonly BoardEntries _entries; // the entries of the board that no process uses
    private readonly WebWorkerContext _context; // what all workers share
    private readonly CancellationToken _stop; // cancelled when the supervisor stops: no worker is started any more
    private ResolvedApp _app; // the version that serves; replaced by a reload

    /// <param name="context">What all workers share.</param>
    /// <param name="app">The version that serves first.</param>
    /// <param name="former">Workers of the previous supervisor, whose entries on the board are in use.</param>
    /// <param name="stop">Cancelled when the supervisor stops.</param>
    internal WorkerFleet(WebWorkerContext context, ResolvedApp app, IReadOnlyCollection<InheritedWorker> former, CancellationToken stop)
    {
        _context = context;
        _app = app;
        _entries = new BoardEntries(context.Board, former);
        _stop = stop;
    }

    /// <summary>Guards the fields of this object, the slots' state, and the processes that are started ahead of time.</summary>
    internal Lock Lock { get; } = new();

    /// <summary>Called without the lock after a worker has exited and was removed, with a description of the exit.</summary>
    internal Action<WebWorker, string>? Exited { get; set; }

    /// <summary>The version of the application that serves.</summary>
    internal ResolvedApp App
    {
        get
        {
            lock (Lock)
                return _app;
        }

        set
        {
            lock (Lock)
                _app = value;
        }
    }

    /// <summary>The intended number of workers.</summary>
    internal int Target
    {
        get
        {
            lock (Lock)
                return _slots.Count;
        }
    }

    /// <summary>The addresses on which the application listens; empty until a worker is ready.</summary>
    internal string[] Addresses
    {
        get
        {
            lock (Lock)
            {
                return _slots.Select(static slot => slot.Current?.Addresses)
                    .FirstOrDefault(static addresses => addresses is { Length: > 0 })
                    ?? [];
            }
        }
    }

    /// <summary>The workers that should exist. Only under the lock; see also <see cref="CopySlots"/>.</summary>
    internal IReadOnlyList<Slot> Slots
    {
        get
        {
            Debug.Assert(Lock.IsHeldByCurrentThread);
            return _slots;
        }
    }

    /// <summary>All processes. Only under the lock; see also <see cref="CopyWorkers"/>.</summary>
    internal IReadOnlyList<WebWorker> Workers
    {
        get
        {
            Debug.Assert(Lock.IsHeldByCurrentThread);
            return _workers;
        }
    }

    internal List<Slot> CopySlots()
    {
        lock (Lock)
            return [.. _slots];
    }

    internal List<WebWorker> CopyWorkers()
    {
        lock (Lock)
            return [.. _workers];
    }

    /// <summary>The process ids of all workers, with their entries on the board.</summary>
    internal List<InheritedWorker> Processes()
    {
        lock (Lock)
        {
            return [.. _workers.Where(static worker => worker.ProcessId > 0)
                .Select(static worker => new InheritedWorker(worker.ProcessId, worker.Entry))];
        }
    }

    /// <summary>The sockets that workers use; null if that is not known.</summary>
    internal HashSet<string>? FindUsedListeners()
    {
        lock (Lock)
        {
            // If a slot has no worker, it is not known which sockets its next worker will use.
            return _slots.Count == 0 || _slots.Exists(static slot => slot.Current is null)
                ? null
                : new HashSet<string>(
                    _workers.Where(static worker => !worker.IsAskedToStop).SelectMany(static worker => worker.ListensAt),
                    StringComparer.Ordinal);
        }
    }

    internal List<Slot> AddSlots(int count)
    {
        lock (Lock)
        {
            List<Slot> added = [];
            for (int number = _slots.Count + 1; added.Count < count; number++)
                added.Add(new Slot(number, _app, _context.Options));

            _slots.AddRange(added);
            _context.Board.Target = _slots.Count;
            return added;
        }
    }

    /// <summary>Removes the slots beyond a number of workers.</summary>
    /// <param name="workers">The number of workers.</param>
    /// <param name="missing">How many slots are missing; negative if some were removed.</param>
    /// <returns>The slots that were removed.</returns>
    internal List<Slot> RemoveSurplus(int workers, out int missing)
    {
        lock (Lock)
        {
            missing = workers - _slots.Count;
            List<Slot> surplus = missing < 0 ? _slots[workers..] : [];
            _slots.RemoveAll(surplus.Contains);
            _context.Board.Target = _slots.Count;
            foreach (Slot slot in surplus)
                slot.IsRetired = true;
            return surplus;
        }
    }

    /// <summary>Starts a worker process. It fills no slot yet.</summary>
    /// <param name="number">The worker's number; 0 for one that has no slot.</param>
    /// <param name="app">The version of the application.</param>
    /// <param name="waits">Whether its application waits for <see cref="WebWorker.TryBegin"/>.</param>
    /// <exception cref="OperationCanceledException">The supervisor is stopping, and starts no more workers.</exception>
    internal WebWorker Start(int number, ResolvedApp app, bool waits = false)
    {
        WebWorker worker;
        lock (Lock)
        {
            _stop.ThrowIfCancellationRequested();
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

    /// <summary>Lets a worker fill a slot, if it is still wanted there.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="worker">The worker, which is ready.</param>
    /// <param name="mayDisplace">Whether the worker may replace another one and sets the version of the slot.</param>
    /// <param name="former">The worker that filled the slot before.</param>
    internal bool TryFill(Slot slot, WebWorker worker, bool mayDisplace, out WebWorker? former)
    {
        lock (Lock)
        {
            former = slot.Current;
            bool isWanted = !slot.IsRetired && !_stop.IsCancellationRequested
                && (mayDisplace || (former is null && ReferenceEquals(worker.App, slot.App)));
            if (isWanted)
            {
                worker.Number = slot.Number;
                slot.Current = worker;
                slot.NextAttempt = null;
                if (!ReferenceEquals(slot.App, worker.App))
                    slot.Crashes.Clear();
                slot.App = worker.App;
            }

            return isWanted;
        }
    }

    /// <summary>Removes a worker from its slot; false if it no longer served there.</summary>
    internal bool LeaveSlot(Slot slot, WebWorker worker)
    {
        lock (Lock)
        {
            if (slot.Current != worker)
                return false;

            slot.Current = null;
            return true;
        }
    }

    /// <summary>Sets the version of a slot whose former version was deleted, and the version that serves if it was deleted, too.</summary>
    internal void ReplaceDeletedVersion(Slot slot, ResolvedApp next)
    {
        lock (Lock)
        {
            if (!_app.IsThere)
                _app = next;
            slot.App = next;
        }
    }

    private async Task FollowExitAsync(WebWorker worker)
    {
        string? end = await worker.Ended.ConfigureAwait(false);
        lock (Lock)
        {
            _workers.Remove(worker);
            _entries.Return(worker.Entry);
            // Under the same lock as the removal, so that the sum never decreases.
            _slots.Find(slot => slot.Number == worker.Number)?.TimedOutBefore += worker.TimedOut;
        }

        Exited?.Invoke(worker, end ?? UnexpectedExit);
    }
}
