using Tandem.Serve.Apps;
using Tandem.Serve.Control;
using Tandem.Serve.Listening;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// Keeps the intended number of workers serving: replaces workers that exit, workers of an old version one after the other, and workers
/// that reached a limit. A new worker serves before the old one stops.
/// </summary>
/// <remarks>
/// The parts have the state: the workers and slots (<see cref="WorkerFleet"/>, with the lock), the processes that are started ahead of time
/// (<see cref="WorkersAhead"/>), and what each of the others needs to decide. This class has the operations that users ask for.
/// </remarks>
internal sealed class WebSupervisor : IAsyncDisposable
{
    private readonly ServedApp _application; // finds the version that is at the application's path
    private readonly WebWorkerContext _context; // what all workers share
    private readonly CancellationTokenSource _stop = new(); // cancelled when the supervisor stops
    private readonly OperationTurns _turns; // reload, scaling, recycling: one at a time
    private readonly WorkerFleet _fleet; // the slots, the workers, and the version that serves
    private readonly WorkersAhead _ahead; // spares and standbys
    private readonly SlotFiller _filler; // lets workers serve in slots
    private readonly SuccessorStarter _successors; // repairs: starts successors of workers that leave by themselves
    private readonly StuckReplacer _stuck; // replaces workers with requests that do not end
    private readonly LoadScaler? _scaler; // null for a fixed number of workers
    private readonly WatchLoop _watch; // checks the workers regularly
    private readonly StatusReader _status; // the status for users
    private Task _watching = Task.CompletedTask; // the watch loop

    /// <param name="options">The server's options.</param>
    /// <param name="board">The workers' board.</param>
    /// <param name="listeners">The sockets.</param>
    /// <param name="log">The server's log.</param>
    /// <param name="former">Workers of the previous supervisor, whose entries on the board are in use.</param>
    /// <param name="start">The folder in which the supervisor was started.</param>
    internal WebSupervisor(
        ServeOptions options,
        Board board,
        ListenerStore listeners,
        ServeLog log,
        IReadOnlyCollection<InheritedWorker> former,
        StartFolder start)
    {
        CancellationToken stop = _stop.Token;
        _application = new ServedApp(options.Command, options.Folder, start, options.EnvironmentFile);
        _context = new WebWorkerContext(options, board, listeners, log);
        _turns = new OperationTurns(stop);
        _fleet = new WorkerFleet(_context, _application.Resolve(), former, stop);
        _ahead = new WorkersAhead(_fleet, _context, stop);
        _filler = new SlotFiller(_fleet, _ahead, _application, _context, stop);
        _successors = new SuccessorStarter(_fleet, _filler, _context, stop);
        _stuck = new StuckReplacer(_filler, _turns, _context, stop);
        if (options is { MinWorkers: { } min, MaxWorkers: { } max })
        {
            _scaler = new LoadScaler(
                new ScalePolicy(min, max, options.ScaleDownAfter, options.Time), _fleet, _turns, _context, ScaleAsync, stop);
        }

        var hangs = new HangKiller(new HangPolicy(options.HangTimeout, options.Time), board, log);
        _watch = new WatchLoop(
            _fleet, _ahead, _turns, _successors, hangs, new WorkerRecycler(_filler, _turns, _context), OnChecked, _context, stop);
        _status = new StatusReader(_fleet, board, options.Time);
        _fleet.Exited = _ahead.OnExited;
        _filler.Installed = OnInstalled;
        listeners.Log = log.Write;
        listeners.Moved = MoveListener;
        listeners.Unlistened = CloseUnusedListeners;
    }

    /// <summary>Called each time after all workers were checked, several times per second.</summary>
    internal Action? Watched { get; init; }

    /// <summary>The version of the application that serves.</summary>
    internal ResolvedApp App => _fleet.App;

    /// <summary>The addresses on which the application listens; empty until a worker is ready.</summary>
    internal string[] Addresses => _fleet.Addresses;

    /// <summary>The intended number of workers.</summary>
    internal int Target => _fleet.Target;

    private ServeOptions Options => _context.Options;

    private ServeLog Log => _context.Log;

    /// <summary>The current status of each worker process.</summary>
    internal IReadOnlyList<WorkerStatus> Status() => _status.Workers();

    /// <summary>The status of each worker that should exist, including those without a process at the moment.</summary>
    internal IReadOnlyList<SlotStatus> SlotStates() => _status.Slots();

    /// <summary>The process ids of the standbys.</summary>
    internal IReadOnlyList<int> Standbys() => _ahead.Standbys();

    /// <summary>The state of scaling by the load; null for a fixed number of workers.</summary>
    internal ScalingStatus? Scaling() => _scaler?.Status();

    /// <summary>The process ids of all workers, with their entries on the board.</summary>
    internal List<InheritedWorker> Processes() => _fleet.Processes();

    /// <inheritdoc cref="WorkersAhead.DropStandbysAsync"/>
    internal Task DropStandbysAsync(bool mayBeStarted) => _ahead.DropStandbysAsync(mayBeStarted);

    /// <summary>Checks whether the version that is at the application's path now can be started.</summary>
    /// <exception cref="ServeException">It cannot.</exception>
    internal void Check() => _ = _application.Resolve();

    /// <summary>Starts the workers; completes when the first workers serve.</summary>
    /// <param name="isVital">Whether to fail if no worker becomes ready; otherwise workers are restarted until one does.</param>
    /// <exception cref="ServeException">No worker became ready.</exception>
    internal async Task StartAsync(bool isVital)
    {
        // Reloads and other operations that are requested meanwhile run after the first start.
        List<Task> late;
        await _turns.EnterAsync().ConfigureAwait(false);
        try
        {
            late = await StartAllAsync(isVital).ConfigureAwait(false);
        }
        finally
        {
            _turns.Leave();
        }

        // The semaphore is released here, because these starts may need a reload to succeed.
        if (late.Count == Options.Workers)
        {
            await Task.WhenAny(late).ConfigureAwait(false);
            _stop.Token.ThrowIfCancellationRequested(); // stopping ends these tasks, too
        }

        _ahead.KeepSpares();
    }

    /// <returns>The tasks that keep trying to fill the slots whose first worker did not become ready.</returns>
    private async Task<List<Task>> StartAllAsync(bool isVital)
    {
        List<Slot> slots = _fleet.AddSlots(Options.Workers);
        List<WebWorker> workers = [.. slots.Select(slot => _fleet.Start(slot.Number, App))];
        _watching = _watch.RunAsync();
        // Wait for all workers before any of them accepts; otherwise the first one would get all kept connections.
        await Task.WhenAll(workers.Select(static worker => worker.Ready)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (isVital && workers.TrueForAll(static worker => !worker.Ready.IsCompletedSuccessfully))
        {
            ServeException first = workers.OrderBy(static worker => worker.StartFailure!.ExitCode == ServeExitCode.NotReady)
                .First().StartFailure!;
            await StopAsync(atOnce: true).ConfigureAwait(false);
            throw new ServeException(first.ExitCode, $"No worker became ready. {first.Message}", first);
        }

        List<Task> late = [];
        for (int i = 0; i < slots.Count; i++)
        {
            if (workers[i].StartFailure is { } failure)
            {
                late.Add(_filler.RefillAsync(
                    slots[i],
                    _filler.OnFailed(slots[i], $"it did not become ready: {failure.Message}", workers[i].WasKilled)));
            }
            else
            {
                _filler.Install(slots[i], workers[i], mayDisplace: false, out _);
            }
        }

        return late;
    }

    /// <summary>
    /// Replaces all workers, one by one, with the version that is at the application's path now. If the new version does not become ready,
    /// the old one continues to serve.
    /// </summary>
    /// <exception cref="ServeException">The new version did not become ready; the old one serves.</exception>
    internal async Task ReloadAsync()
    {
        await _turns.EnterAsync().ConfigureAwait(false);
        try
        {
            ResolvedApp former = App;
            ResolvedApp next = _application.Resolve();
            Log.Write($"reload: {next.Path}");
            _ahead.Drop();
            List<Slot> done = [];
            foreach (Slot slot in _fleet.CopySlots())
            {
                if (await _filler.ReplaceAsync(slot, next, "reload").ConfigureAwait(false) is { } failure)
                {
                    _stop.Token.ThrowIfCancellationRequested(); // if the supervisor is stopping, the version is not the cause
                    Log.Write($"reload cancelled: {failure.Message}");
                    await _filler.RollBackAsync(done, former).ConfigureAwait(false);
                    throw new ServeException(
                        ServeExitCode.Refused,
                        $"The new version did not become ready, and the old one continues to serve. {failure.Message}",
                        failure);
                }

                done.Add(slot);
            }

            _fleet.App = next;
            _ahead.Drop(); // the spares and standbys that were started meanwhile
            CloseUnusedListeners();
            Log.Write("reload done");
        }
        finally
        {
            _turns.Leave();
            _ahead.KeepSpares();
        }
    }

    /// <summary>Changes the number of workers on a user's request.</summary>
    /// <exception cref="ServeException">
    /// New workers did not become ready, and the supervisor keeps trying; or the number is not allowed.
    /// </exception>
    internal Task ScaleAsync(int workers)
    {
        if (workers is < 1 or > Board.Capacity / 4)
            throw new ServeException(ServeExitCode.Usage, $"There can be 1 to {Board.Capacity / 4} workers, not {workers}.");
        if (workers < Options.MinWorkers || workers > Options.MaxWorkers)
        {
            throw new ServeException(
                ServeExitCode.Refused,
                $"The load decides between {Options.MinWorkers} and {Options.MaxWorkers} workers "
                + $"(--workers {Options.MinWorkers}:{Options.MaxWorkers}); there cannot be {workers}.");
        }

        return ScaleAsync(workers, "");
    }

    private async Task ScaleAsync(int workers, string reason)
    {
        string?[] problems;
        await _turns.EnterAsync().ConfigureAwait(false);
        try
        {
            List<Slot> surplus = _fleet.RemoveSurplus(workers, out int missing);
            Log.Write($"scale to {workers} workers{reason}");
            foreach (Slot slot in surplus)
                slot.Current?.Drain($"The number of workers was reduced{reason}.");

            List<Slot> added = missing > 0 ? _fleet.AddSlots(missing) : [];
            DivideMemory();
            problems = await Task.WhenAll(added.Select(_filler.FillAsync)).ConfigureAwait(false);
            _ahead.DropStandbys(); // they have the former share of the machine
        }
        finally
        {
            _turns.Leave();
        }

        if (Array.FindAll(problems, static problem => problem is not null) is { Length: > 0 } failed)
        {
            throw new ServeException(
                ServeExitCode.Refused,
                $"{failed.Length} of {problems.Length} new workers are not ready; the supervisor keeps trying: {failed[0]}");
        }
    }

    /// <summary>
    /// Divides the container's memory again: the running workers got their share when there was another number of workers.
    /// </summary>
    private void DivideMemory()
    {
        long? container = ControlGroups.MemoryLimit();
        int serving = Target;
        foreach (WebWorker worker in _fleet.CopyWorkers())
        {
            if (MachineShare.HeapLimit(Options, serving, container, worker.App.Environment) is { } limit)
                worker.LimitHeap(limit);
        }
    }

    /// <summary>Stops all workers.</summary>
    /// <param name="atOnce">Whether to stop without waiting for requests.</param>
    internal async Task StopAsync(bool atOnce)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        List<WebWorker> all = _fleet.CopyWorkers();
        foreach (WebWorker worker in all)
        {
            if (atOnce || worker.ServesSince is null)
                worker.StopNow();
            else
                worker.Drain("The supervisor is stopping.", finishesQueue: true);
        }

        // The workers still have their copies of the sockets, and accept the connections that wait. If this copy stayed open, clients that
        // connect later would wait in vain.
        _context.Listeners.Dispose();

        await Task.WhenAll(all.Select(static worker => worker.Ended)).ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops all workers at once, and waits for operations in progress.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(atOnce: true).ConfigureAwait(false);
        await _turns.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Called when a worker begins to serve in a slot.</summary>
    private void OnInstalled(Slot slot, WebWorker worker)
    {
        _ = _successors.FollowAsync(slot, worker);
        if (worker.Limits.Requests > 0)
            _ = _successors.FollowDueAsync(slot, worker);
        if (Options.RequestLimits is not null)
            _ = _stuck.FollowAsync(slot, worker);
    }

    /// <summary>Called each time after the workers were checked.</summary>
    private void OnChecked()
    {
        _scaler?.Check();
        _context.Listeners.Check();
        Watched?.Invoke();
    }

    private void MoveListener(string bound, int descriptor)
    {
        foreach (WebWorker worker in _fleet.CopyWorkers())
            worker.MoveListener(bound, descriptor);
    }

    /// <summary>Closes the sockets that no worker uses, because their clients would wait for an answer that never comes.</summary>
    private void CloseUnusedListeners()
    {
        foreach (string bound in _context.Listeners.CloseUnused(_fleet.FindUsedListeners))
            Log.Write($"the socket {bound} was closed, because the application no longer listens there");
    }
}
