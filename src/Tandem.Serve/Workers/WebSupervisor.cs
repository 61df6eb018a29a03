using Tandem.Serve.Apps;
using Tandem.Serve.Listening;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// Keeps the intended number of workers serving: replaces workers that exit, workers of an old version one after the other, and workers
/// that reached a limit. A new worker serves before the old one stops.
/// </summary>
internal sealed partial class WebSupervisor : IAsyncDisposable
{
    private readonly Lock _lock = new(); // guards the lists below, the slots' state, the board's entries, and _app
    private readonly SemaphoreSlim _operation = new(1); // one planned replacement (reload, scale, recycling) at a time
    private readonly List<Slot> _slots = []; // the workers that should exist
    private readonly List<WebWorker> _workers = []; // all processes, including those that wait, start or drain
    private readonly List<WebWorker> _spares = []; // workers without a slot that will take the next free one
    private readonly List<WebWorker> _standbys = []; // processes that wait before the application's Main
    private readonly BoardEntries _entries;
    private readonly ServedApp _application;
    private readonly WebWorkerContext _context;
    private readonly CancellationTokenSource _stop = new(); // cancelled when the supervisor stops
    private ResolvedApp _app; // the version that serves; replaced by a reload
    private Task _watching = Task.CompletedTask; // the watch loop

    /// <param name="options">The server's options.</param>
    /// <param name="board">The workers' board.</param>
    /// <param name="listeners">The sockets.</param>
    /// <param name="log">The server's log.</param>
    /// <param name="former">Workers of the previous supervisor, whose entries on the board are in use.</param>
    /// <param name="start">The folder in which the supervisor was started.</param>
    internal WebSupervisor(ServeOptions options, Board board, ListenerStore listeners, ServeLog log, IReadOnlyCollection<InheritedWorker> former, StartFolder start)
    {
        _application = new ServedApp(options.Command, options.Folder, start, options.EnvironmentFile);
        _app = _application.Resolve();
        _context = new WebWorkerContext(options, board, listeners, log);
        _entries = new BoardEntries(board, former);
        _aheadCrashes = new CrashPolicy(options, TimeProvider.System);
        _scaling = options is { MinWorkers: { } min, MaxWorkers: { } max } ? new ScalePolicy(min, max, options.ScaleDownAfter, TimeProvider.System) : null;
        listeners.Log = log.Write;
        listeners.Moved = MoveListener;
        listeners.Unlistened = CloseUnusedListeners;
    }

    private ServeOptions Options => _context.Options;

    private ServeLog Log => _context.Log;

    /// <summary>The version of the application that serves.</summary>
    internal ResolvedApp App
    {
        get
        {
            lock (_lock)
                return _app;
        }
    }

    /// <summary>The addresses on which the application listens; empty until a worker is ready.</summary>
    internal string[] Addresses
    {
        get
        {
            lock (_lock)
                return _slots.Select(static slot => slot.Current?.Addresses).FirstOrDefault(static addresses => addresses is { Length: > 0 }) ?? [];
        }
    }

    private void MoveListener(string bound, int descriptor)
    {
        List<WebWorker> all;
        lock (_lock)
            all = [.. _workers];
        foreach (WebWorker worker in all)
            worker.MoveListener(bound, descriptor);
    }

    /// <summary>Closes the sockets that no worker uses, because their clients would wait for an answer that never comes.</summary>
    private void CloseUnusedListeners()
    {
        foreach (string bound in _context.Listeners.CloseUnused(FindUsedListeners))
            Log.Write($"the socket {bound} was closed, because the application no longer listens there");
    }

    private HashSet<string>? FindUsedListeners()
    {
        lock (_lock)
        {
            // If a slot has no worker, it is not known which sockets its next worker will use.
            return _slots.Count == 0 || _slots.Exists(static slot => slot.Current is null)
                ? null
                : new HashSet<string>(_workers.Where(static worker => !worker.IsToldToStop).SelectMany(static worker => worker.ListensAt), StringComparer.Ordinal);
        }
    }

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
        await _operation.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            late = await StartAllAsync(isVital).ConfigureAwait(false);
        }
        finally
        {
            _operation.Release();
        }

        // The semaphore is released here, because these starts may need a reload to succeed.
        if (late.Count == Options.Workers)
        {
            await Task.WhenAny(late).ConfigureAwait(false);
            _stop.Token.ThrowIfCancellationRequested(); // stopping ends these tasks, too
        }

        KeepSpares();
    }

    /// <returns>The tasks that keep trying to fill the slots whose first worker did not become ready.</returns>
    private async Task<List<Task>> StartAllAsync(bool isVital)
    {
        List<Slot> slots = AddSlots(Options.Workers);
        List<WebWorker> workers = [.. slots.Select(slot => Start(slot.Number, App))];
        _watching = WatchAsync();
        // Wait for all workers before any of them accepts; otherwise the first one would get all kept connections.
        await Task.WhenAll(workers.Select(static worker => worker.Ready)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (isVital && workers.TrueForAll(static worker => !worker.Ready.IsCompletedSuccessfully))
        {
            ServeException first = FailureOf(workers.OrderBy(static worker => FailureOf(worker)!.ExitCode == ServeExitCode.NotReady).First())!;
            await StopAsync(atOnce: true).ConfigureAwait(false);
            throw new ServeException(first.ExitCode, $"No worker became ready. {first.Message}", first);
        }

        List<Task> late = [];
        for (int i = 0; i < slots.Count; i++)
        {
            if (FailureOf(workers[i]) is { } failure)
                late.Add(RefillAsync(slots[i], OnFailed(slots[i], $"it did not become ready: {failure.Message}", workers[i].WasKilled)));
            else
                Install(slots[i], workers[i], mayDisplace: false, out _);
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
        await _operation.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            ResolvedApp former = App;
            ResolvedApp next = _application.Resolve();
            Log.Write($"reload: {next.Path}");
            DropAhead();
            List<Slot> done = [];
            foreach (Slot slot in Slots())
            {
                if (await ReplaceAsync(slot, next, "reload").ConfigureAwait(false) is { } failure)
                {
                    _stop.Token.ThrowIfCancellationRequested(); // if the supervisor is stopping, the version is not the cause
                    Log.Write($"reload cancelled: {failure.Message}");
                    await RollBackAsync(done, former).ConfigureAwait(false);
                    throw new ServeException(ServeExitCode.Refused, $"The new version did not become ready, and the old one continues to serve. {failure.Message}", failure);
                }

                done.Add(slot);
            }

            lock (_lock)
                _app = next;
            DropAhead(); // the spares and standbys that were started meanwhile
            CloseUnusedListeners();
            Log.Write("reload done");
        }
        finally
        {
            _operation.Release();
            KeepSpares();
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
            throw new ServeException(ServeExitCode.Refused, $"The load decides between {Options.MinWorkers} and {Options.MaxWorkers} workers (--workers {Options.MinWorkers}:{Options.MaxWorkers}); there cannot be {workers}.");

        return ScaleAsync(workers, "");
    }

    private async Task ScaleAsync(int workers, string reason)
    {

        string?[] problems;
        await _operation.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            List<Slot> surplus;
            int missing;
            lock (_lock)
            {
                missing = workers - _slots.Count;
                surplus = missing < 0 ? _slots[workers..] : [];
                _slots.RemoveAll(surplus.Contains);
                _context.Board.Target = _slots.Count;
                foreach (Slot slot in surplus)
                    slot.IsRetired = true;
            }

            Log.Write($"scale to {workers} workers{reason}");
            foreach (Slot slot in surplus)
                slot.Current?.Drain($"The number of workers was reduced{reason}.");

            List<Slot> added = missing > 0 ? AddSlots(missing) : [];
            DivideMemory();
            problems = await Task.WhenAll(added.Select(FillAsync)).ConfigureAwait(false);
            Drop(_standbys); // they have the former share of the machine
        }
        finally
        {
            _operation.Release();
        }

        if (Array.FindAll(problems, static problem => problem is not null) is { Length: > 0 } failed)
            throw new ServeException(ServeExitCode.Refused, $"{failed.Length} of {problems.Length} new workers are not ready; the supervisor keeps trying: {failed[0]}");
    }

    /// <summary>
    /// Divides the container's memory again: the running workers got their share when there was another number of workers.
    /// </summary>
    private void DivideMemory()
    {
        long? container = ControlGroups.MemoryLimit();
        int serving = Target;
        List<WebWorker> all;
        lock (_lock)
            all = [.. _workers];
        foreach (WebWorker worker in all)
        {
            if (MachineShare.HeapLimit(Options, serving, container, worker.App.Environment) is { } limit)
                worker.LimitHeap(limit);
        }
    }

    /// <summary>The intended number of workers.</summary>
    internal int Target
    {
        get
        {
            lock (_lock)
                return _slots.Count;
        }
    }

    /// <summary>Stops all workers.</summary>
    /// <param name="atOnce">Whether to stop without waiting for requests.</param>
    internal async Task StopAsync(bool atOnce)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        List<WebWorker> all;
        lock (_lock)
            all = [.. _workers];

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
        await _operation.WaitAsync().ConfigureAwait(false);
        _stop.Dispose();
        _operation.Dispose();
    }

    /// <summary>The process ids of all workers, with their entries on the board.</summary>
    internal List<InheritedWorker> Processes()
    {
        lock (_lock)
            return [.. _workers.Where(static worker => worker.ProcessId > 0).Select(static worker => new InheritedWorker(worker.ProcessId, worker.Entry))];
    }

    private List<Slot> Slots()
    {
        lock (_lock)
            return [.. _slots];
    }

    private List<Slot> AddSlots(int count)
    {
        lock (_lock)
        {
            List<Slot> added = [];
            for (int number = _slots.Count + 1; added.Count < count; number++)
                added.Add(new Slot(number, _app, Options));

            _slots.AddRange(added);
            _context.Board.Target = _slots.Count;
            return added;
        }
    }
}
