using Tandem.Serve.Apps;
using Tandem.Serve.Listening;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// Keeps as many workers serving as there are to be: replaces those that end, one after the other those of an old version, and those
/// that are due. A new worker serves before the old one ceases to.
/// </summary>
internal sealed partial class WebSupervisor : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _operation = new(1); // one replacement as planned at a time
    private readonly List<Slot> _slots = [];
    private readonly List<WebWorker> _workers = []; // all, also those that wait, start or end
    private readonly List<WebWorker> _spares = [];
    private readonly List<WebWorker> _standbys = [];
    private readonly BoardEntries _entries;
    private readonly ServedApp _application;
    private readonly WebWorkerContext _context;
    private readonly CancellationTokenSource _stop = new();
    private ResolvedApp _app;
    private Task _watching = Task.CompletedTask;

    /// <param name="options">What was asked for.</param>
    /// <param name="board">The workers' board.</param>
    /// <param name="listeners">The sockets.</param>
    /// <param name="log">Where to tell what happens.</param>
    /// <param name="former">Workers of another supervisor, whose entries of the board are taken.</param>
    /// <param name="start">The folder in which the supervisor was started.</param>
    internal WebSupervisor(ServeOptions options, Board board, ListenerStore listeners, ServeLog log, IReadOnlyCollection<InheritedWorker> former, StartFolder start)
    {
        _application = new ServedApp(options.Command, options.Folder, start, options.EnvironmentFile);
        _app = _application.Resolve();
        _context = new WebWorkerContext(options, board, listeners, log);
        _entries = new BoardEntries(board, former);
        _aheadCrashes = new CrashPolicy(options, TimeProvider.System);
        _scaling = options is { MinWorkers: { } min, MaxWorkers: { } max } ? new ScalePolicy(min, max, options.ScaleDownAfter, TimeProvider.System) : null;
        listeners.Tell = log.Write;
        listeners.Moved = MoveListener;
        listeners.Unlistened = CloseUnusedListeners;
    }

    private ServeOptions Options => _context.Options;

    private ServeLog Log => _context.Log;

    /// <summary>Which version of the application serves.</summary>
    internal ResolvedApp App
    {
        get
        {
            lock (_lock)
                return _app;
        }
    }

    /// <summary>Where the application listens; empty as long as no worker is ready.</summary>
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

    /// <summary>Closes the sockets that no worker uses: their clients would wait for an answer that never comes.</summary>
    private void CloseUnusedListeners()
    {
        foreach (string bound in _context.Listeners.CloseUnused(FindUsedListeners))
            Log.Write($"the socket {bound} was closed: the application does not listen there any more");
    }

    private HashSet<string>? FindUsedListeners()
    {
        lock (_lock)
        {
            // The next worker of a slot that has none uses what the one before it did, which nobody knows any more.
            return _slots.Count == 0 || _slots.Exists(static slot => slot.Current is null)
                ? null
                : new HashSet<string>(_workers.Where(static worker => !worker.IsToldToStop).SelectMany(static worker => worker.ListensAt), StringComparer.Ordinal);
        }
    }

    /// <summary>Whether what lies at the application's path now could be started.</summary>
    /// <exception cref="ServeException">It could not.</exception>
    internal void Check() => _ = _application.Resolve();

    /// <summary>Starts the workers; completes when the first generation serves.</summary>
    /// <param name="isVital">Whether to give up when none of them becomes ready; else they are started again until they are.</param>
    /// <exception cref="ServeException">None of them became ready.</exception>
    internal async Task StartAsync(bool isVital)
    {
        // What is asked for meanwhile has its turn when the first generation was tried.
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

        // Without the turn: what they wait for may be a reload.
        if (late.Count == Options.Workers)
        {
            await Task.WhenAny(late).ConfigureAwait(false);
            _stop.Token.ThrowIfCancellationRequested(); // which ends them, too
        }

        KeepSpares();
    }

    /// <returns>What goes on to give slots their workers, where the first one did not become ready.</returns>
    private async Task<List<Task>> StartAllAsync(bool isVital)
    {
        List<Slot> slots = AddSlots(Options.Workers);
        List<WebWorker> workers = [.. slots.Select(slot => Start(slot.Number, App))];
        _watching = WatchAsync();
        // All of them, or connections that are kept would all be the first one's.
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
    /// Replaces all workers, one by one, by what lies at the application's path now. If the new version does not become ready, the old
    /// one goes on.
    /// </summary>
    /// <exception cref="ServeException">The new version was not ready; the old one serves.</exception>
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
                    _stop.Token.ThrowIfCancellationRequested(); // it was not the version's fault
                    Log.Write($"reload given up: {failure.Message}");
                    await RollBackAsync(done, former).ConfigureAwait(false);
                    throw new ServeException(ServeExitCode.Refused, $"The new version did not become ready, and the old one goes on. {failure.Message}", failure);
                }

                done.Add(slot);
            }

            lock (_lock)
                _app = next;
            DropAhead(); // those that were started meanwhile
            CloseUnusedListeners();
            Log.Write("reload done");
        }
        finally
        {
            _operation.Release();
            KeepSpares();
        }
    }

    /// <summary>Changes how many workers there are, because a person wants it.</summary>
    /// <exception cref="ServeException">New ones did not become ready, and are started again until they do; or there cannot be so many.</exception>
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
                slot.Current?.Drain($"There are fewer workers to be{reason}.");

            List<Slot> added = missing > 0 ? AddSlots(missing) : [];
            DivideMemory();
            problems = await Task.WhenAll(added.Select(FillAsync)).ConfigureAwait(false);
            Drop(_standbys); // they have the share of the machine that was a worker's before
        }
        finally
        {
            _operation.Release();
        }

        if (Array.FindAll(problems, static problem => problem is not null) is { Length: > 0 } failed)
            throw new ServeException(ServeExitCode.Refused, $"{failed.Length} of {problems.Length} new workers serve not yet, and are started again until they do: {failed[0]}");
    }

    /// <summary>Those that run already were given their part when there were more workers, or fewer.</summary>
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

    /// <summary>How many workers there are to be.</summary>
    internal int Target
    {
        get
        {
            lock (_lock)
                return _slots.Count;
        }
    }

    /// <summary>Ends all workers.</summary>
    /// <param name="atOnce">Without regard for what is on its way.</param>
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
                worker.Drain("The supervisor stops.", finishesQueue: true);
        }

        // The workers have theirs, from which they take what waits. With this one open, clients that come later would wait in vain.
        _context.Listeners.Dispose();

        await Task.WhenAll(all.Select(static worker => worker.Ended)).ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends all workers at once, and waits for what is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(atOnce: true).ConfigureAwait(false);
        await _operation.WaitAsync().ConfigureAwait(false);
        _stop.Dispose();
        _operation.Dispose();
    }

    /// <summary>The processes of all workers, with their entries on the board.</summary>
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
