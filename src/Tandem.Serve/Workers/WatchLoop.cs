using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>Checks all workers several times per second: workers that drain or hang, limits, the load, spares and standbys.</summary>
internal sealed class WatchLoop
{
    private readonly WorkerFleet _fleet; // has the slots
    private readonly WorkersAhead _ahead; // starts the spares and standbys that are missing
    private readonly OperationTurns _turns; // while a planned operation is in progress, no spare or standby is started
    private readonly SuccessorStarter _successors; // replaces workers that drain by themselves
    private readonly HangKiller _hangs; // kills workers that hang
    private readonly WorkerRecycler _recycler; // replaces workers at a limit of age or memory
    private readonly Action _onChecked; // called each time after the workers were checked
    private readonly TimeProvider _time; // the intervals
    private readonly ServeLog _log; // the server's log
    private readonly CancellationToken _stop; // cancelled when the supervisor stops: ends the loop

    /// <param name="fleet">Has the slots.</param>
    /// <param name="ahead">Starts the spares and standbys that are missing.</param>
    /// <param name="turns">Knows whether a planned operation is in progress.</param>
    /// <param name="successors">Replaces workers that drain by themselves.</param>
    /// <param name="hangs">Kills workers that hang.</param>
    /// <param name="recycler">Replaces workers at a limit of age or memory.</param>
    /// <param name="onChecked">Called each time after the workers were checked.</param>
    /// <param name="context">What all workers share.</param>
    /// <param name="stop">Cancelled when the supervisor stops.</param>
    internal WatchLoop(
        WorkerFleet fleet,
        WorkersAhead ahead,
        OperationTurns turns,
        SuccessorStarter successors,
        HangKiller hangs,
        WorkerRecycler recycler,
        Action onChecked,
        WebWorkerContext context,
        CancellationToken stop)
    {
        _fleet = fleet;
        _ahead = ahead;
        _turns = turns;
        _successors = successors;
        _hangs = hangs;
        _recycler = recycler;
        _onChecked = onChecked;
        _time = context.Options.Time;
        _log = context.Log;
        _stop = stop;
    }

    /// <summary>Checks the workers until the supervisor stops.</summary>
    internal async Task RunAsync()
    {
        using var timer = new PeriodicTimer(ServeProtocol.Beat, _time);
        var freezes = new FreezeGuard(_time);
        for (int turn = 1; await timer.WaitForNextTickAsync(_stop).ConfigureAwait(false); turn++)
        {
            bool seesHangs = freezes.OnTurn();
            try
            {
                CheckWorkers(turn, seesHangs);
                _onChecked();
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                _log.Write($"checking the workers failed: {e}");
            }
        }
    }

    private void CheckWorkers(int turn, bool seesHangs)
    {
        // Spares and standbys that exited are not replaced at once, so that a version that cannot start does not use up the machine.
        if (turn % 12 == 0 && _turns.IsFree)
        {
            _ahead.KeepSpares();
            _ahead.KeepStandbys();
        }
        else if (_turns.IsFree && IsAnyNearlyDue())
        {
            _ahead.KeepSpares();
        }

        long now = _time.GetMilliseconds();
        foreach (Slot slot in _fleet.CopySlots())
        {
            if (slot.Current is not { IsAskedToStop: false } worker)
                continue;

            if (worker.State == WebWorkerState.Draining)
                _successors.ReplaceDraining(slot, worker);
            else if ((!seesHangs || !_hangs.TryBegin(slot, worker)) && turn % 4 == 0)
                _recycler.Check(slot, worker, now);
        }
    }

    private bool IsAnyNearlyDue() => _fleet.CopySlots().Exists(static slot => slot.Current is { IsNearlyDue: true });
}
