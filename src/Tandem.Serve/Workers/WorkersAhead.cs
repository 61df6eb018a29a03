using System.Diagnostics;
using System.Globalization;
using Tandem.Serve.Apps;

namespace Tandem.Serve.Workers;

/// <summary>
/// Processes that are started ahead of time: spares, which are complete workers that do not accept connections, and standbys, in which
/// nothing of the application has run yet. Guarded by the fleet's lock.
/// </summary>
internal sealed class WorkersAhead
{
    private readonly WorkerFleet _fleet; // starts the processes; its lock guards the fields below
    private readonly ServeOptions _options; // how many processes are wanted
    private readonly ServeLog _log; // the server's log
    private readonly CancellationToken _stop; // cancelled when the supervisor stops: no process is started any more
    private readonly List<WebWorker> _spares = []; // workers without a slot that will take the next free one
    private readonly List<WebWorker> _standbys = []; // processes that wait before the application's Main
    private readonly CrashPolicy _crashes; // counts crashes and failed starts of spares and standbys
    private readonly StartDelay _delay; // delays the next start after a crash
    private bool _keepsStandbys = true; // false while another supervisor is about to replace this one

    /// <param name="fleet">Starts the processes.</param>
    /// <param name="context">What all workers share.</param>
    /// <param name="stop">Cancelled when the supervisor stops.</param>
    internal WorkersAhead(WorkerFleet fleet, WebWorkerContext context, CancellationToken stop)
    {
        _fleet = fleet;
        _options = context.Options;
        _log = context.Log;
        _stop = stop;
        _crashes = new CrashPolicy(_options, _options.Time);
        _delay = new StartDelay(_options.Time);
    }

    /// <summary>The process ids of the standbys.</summary>
    internal IReadOnlyList<int> Standbys()
    {
        lock (_fleet.Lock)
            return [.. _standbys.Where(static standby => standby.ProcessId > 0).Select(static standby => standby.ProcessId)];
    }

    /// <summary>
    /// Takes a spare; if none is ready, one that is starting, because it will be ready sooner than a worker that is started now.
    /// </summary>
    internal WebWorker? TakeSpare(ResolvedApp app)
    {
        lock (_fleet.Lock)
        {
            WebWorker? spare = _spares.Find(spare =>
                    ReferenceEquals(spare.App, app) && spare.Ready.IsCompletedSuccessfully && !spare.Ended.IsCompleted)
                ?? _spares.Find(spare => ReferenceEquals(spare.App, app) && !spare.Ready.IsCompleted);
            return Take(spare, _spares);
        }
    }

    /// <summary>Takes a standby, and starts the application in it.</summary>
    internal WebWorker? TakeStandby(int number, ResolvedApp app)
    {
        lock (_fleet.Lock)
        {
            WebWorker? standby = app.IsAsItWas
                ? _standbys.Find(standby => ReferenceEquals(standby.App, app) && standby.TryBegin(number))
                : null;
            return Take(standby, _standbys);
        }
    }

    /// <summary>
    /// Called after any worker has exited. If it was a spare or a standby, the exit is logged, and the start of the next one is
    /// delayed like that of a worker, so that it is not restarted repeatedly without a pause.
    /// </summary>
    internal void OnExited(WebWorker worker, string end)
    {
        bool isStandby;
        string reason;
        TimeSpan delay;
        List<Slot> nearlyDue = [];
        lock (_fleet.Lock)
        {
            isStandby = _standbys.Remove(worker);
            if ((!isStandby && !_spares.Remove(worker)) || worker.IsAskedToStop || _stop.IsCancellationRequested)
                return;

            ServeException? failure = worker.StartFailure;
            reason = failure?.Message ?? end;
            delay = failure is null ? _crashes.OnEnded(worker.Age, worker.WasKilled) : _crashes.OnFailedStart(worker.WasKilled);
            if (!isStandby && failure is not null)
                nearlyDue = [.. _fleet.Slots.Where(static slot => slot.Current is { IsNearlyDue: true })];
            _delay.Extend(delay);
        }

        string next = delay > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $"; the next one is started after at least {delay.TotalSeconds:0.###} s")
            : "";
        _log.Write(string.Create(
            CultureInfo.InvariantCulture, $"the {(isStandby ? "standby" : "spare")} (pid {worker.ProcessId}) exited: {reason}{next}"));
        foreach (Slot slot in nearlyDue)
        {
            slot.Current?.ContinueBeyondLimit();
            _log.Write(
                $"worker {slot.Number} continues beyond its request limit (--max-requests), because its successor did not become ready");
        }
    }

    /// <summary>Stops the spares and standbys of a version that is no longer served.</summary>
    internal void Drop()
    {
        Drop(_spares);
        Drop(_standbys);
        lock (_fleet.Lock)
            _delay.Clear(); // exits of the former version say nothing about the next one
        _crashes.Clear();
    }

    /// <summary>Stops the standbys, for example because they have a former share of the machine.</summary>
    internal void DropStandbys() => Drop(_standbys);

    /// <summary>Stops the standbys, and waits until they have exited.</summary>
    /// <param name="mayBeStarted">Whether new standbys may be started later.</param>
    internal Task DropStandbysAsync(bool mayBeStarted)
    {
        lock (_fleet.Lock)
            _keepsStandbys = mayBeStarted;

        return Task.WhenAll(Drop(_standbys).Select(static standby => standby.Ended));
    }

    /// <summary>Starts the spares that are missing.</summary>
    internal void KeepSpares()
    {
        lock (_fleet.Lock)
        {
            // A worker that is nearly due will leave by itself, and its successor should be ready by then.
            int nearlyDue = _fleet.Slots.Count(static slot => slot.Current is { IsNearlyDue: true });
            Keep(_spares, Math.Max(_options.Spares, nearlyDue), waits: false);
        }
    }

    /// <summary>Starts the standbys that are missing.</summary>
    internal void KeepStandbys()
    {
        lock (_fleet.Lock)
            Keep(_standbys, _keepsStandbys ? _options.Standbys : 0, waits: true);
    }

    private WebWorker? Take(WebWorker? worker, List<WebWorker> ahead)
    {
        Debug.Assert(_fleet.Lock.IsHeldByCurrentThread);
        if (worker is not null && ahead.Remove(worker))
            _crashes.OnReady();

        return worker;
    }

    private List<WebWorker> Drop(List<WebWorker> ahead)
    {
        List<WebWorker> dropped;
        lock (_fleet.Lock)
        {
            dropped = [.. ahead];
            ahead.Clear();
        }

        foreach (WebWorker worker in dropped)
            worker.StopNow();

        return dropped;
    }

    /// <summary>Starts the missing processes.</summary>
    private void Keep(List<WebWorker> ahead, int count, bool waits)
    {
        Debug.Assert(_fleet.Lock.IsHeldByCurrentThread);
        ResolvedApp app = _fleet.App;
        if (ahead.Count >= count || !app.IsThere)
            return; // none is missing, or none can be started

        while (!_stop.IsCancellationRequested && ahead.Count < count && _delay.IsOver)
            ahead.Add(_fleet.Start(0, app, waits));
    }
}
