using System.Diagnostics;
using System.Globalization;
using Tandem.BackgroundWork;
using Tandem.Events;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Supervision;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Owns the lives of a pool's workers: starts them when there is work, replaces those that crash or are due, ends them. All state
/// changes under the engine's lock, which it shares.
/// </summary>
internal sealed partial class Supervisor
{
    private static bool s_hasLoaded;

    private readonly ProcessEngine _engine;
    private readonly ProcessPoolOptions _options;
    private readonly WorkerStartup _startup;
    private readonly Lock _lock;
    private readonly LaunchPlan? _plan;
    private readonly WorkerLauncher _launcher;
    private readonly PoolEvents _events;
    private readonly RestartBudget _budget;
    private readonly int _depth;
    private readonly int _depthLimit;
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer? _sweep;
    private PoolTraffic _goneTraffic; // of workers that are gone
    private int _launching;
    private int _wanted;
    private ITimer? _backOff;
    private StartBackOff? _waiting; // as long as that timer runs
    private WorkerStartException? _broken;
    private bool _changed = true;
    private bool _stopping;

    internal Supervisor(ProcessEngine engine, Func<StartupStep>? factory, Lock gate)
    {
        _engine = engine;
        _options = engine.Options;
        _lock = gate;
        _events = engine.Events;
        _budget = new RestartBudget(_options.MaxRestarts, _options.RestartPeriod, TimeProvider.System);
        // Before anything that must be released: what the delegates capture may be refused.
        _startup = new WorkerStartup(_options, factory);
        _launcher = WorkerLauncher.Create(_options);
        try
        {
            LoadAhead();
            (_depth, _depthLimit) = Nesting.Check(_options);
            _plan = _options.Guest is null ? _options.Plan ?? LaunchPlan.Current : null;
        }
        catch (Exception e)
        {
            _startup.Release();
            _launcher.Dispose();
            if (e is OutOfMemoryException)
                throw new WorkerStartException($"What starts workers could not be made: {Interop.SystemLimits.Explain(e)}.", e);
            throw;
        }

        _sweep = StartSweep();
    }

    /// <summary>
    /// For the first pool of a process: has loaded what its first item needs, while the caller makes the pool and the item. A pool that
    /// starts eagerly, or for another program, has its start behind this.
    /// </summary>
    private void LoadAhead()
    {
        if (Interlocked.Exchange(ref s_hasLoaded, true))
            return;

        bool waitsForItem = !_options.StartEagerly && _options.Guest is null;
        _launcher.Post(() =>
        {
            PoolEngine.OnEmptyContext();
            if (!waitsForItem)
                return;

            try
            {
                Callable.LoadAhead();
                LaunchPlan any = LaunchPlan.Dummy;
                _launcher.WarmUp(any, transport => EnvironmentOf(any, transport));
            }
            catch (Exception)
            {
                // The real ones will say what is wrong.
            }
        });
    }

    private Dictionary<string, string> EnvironmentOf(LaunchPlan plan, string transport) => plan.CreateEnvironment(_options, transport, _depth, _depthLimit);

    /// <summary>Workers that were launched and whose exit is not confirmed.</summary>
    internal List<ProcessWorker> Workers { get; } = [];

    internal IPayloadMemory Memory => _launcher.Memory;

    /// <summary>What holds whenever the lock is taken.</summary>
    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        Debug.Assert(_launching >= 0, $"{_launching} workers are being launched.");
        Debug.Assert(_wanted >= 0 && _wanted <= _options.MaxWorkers, $"{_wanted} of at most {_options.MaxWorkers} workers are wanted.");
        foreach (ProcessWorker worker in Workers)
        {
            Debug.Assert(worker.State != WorkerState.Dead, "A dead worker counts as one of the pool's.");
            worker.AssertInvariants();
        }
    }

    /// <summary>Whether any worker has items.</summary>
    internal bool HasWork
    {
        get
        {
            Debug.Assert(_lock.IsHeldByCurrentThread);
            return Workers.Exists(static worker => worker.InFlight > 0);
        }
    }

    /// <summary>
    /// Starts workers for items that wait, as far as there may be more; spares step in at once. Workers that are due
    /// go when their successors are there.
    /// </summary>
    /// <returns>Whether a spare stepped in, so that there is room for items now.</returns>
    internal bool Balance(int waiting)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        // Called with every batch of answers: what has not changed needs no second look.
        if (_stopping || !(_changed || (waiting > 0 && _wanted < _options.MaxWorkers)))
            return false;

        _changed = false;
        Census now = Count();
        if (waiting > 0)
            _wanted = Math.Max(_wanted, Math.Min(_options.MaxWorkers, now.Serving + Math.Min(waiting, _options.MaxWorkers)));

        StaffingPlan plan = PlanFor(now);
        bool promoted = Promote(plan.Promote);
        Retire(plan);
        if (waiting > 0 && _backOff is not null && _broken is { } error && now.Serving + now.Due + now.Starting == 0)
        {
            // Nothing to wait for but the next try, which may be far away.
            FailWaiting(error);
            _changed = true; // the next item is looked at again
            return false;
        }

        if (_backOff is not null || _wanted == 0)
            return promoted;

        // All processes together stay bounded, whatever is stuck.
        int room = 2 * _options.MaxWorkers + _options.SpareWorkers + 1 - Workers.Count - _launching;
        // After a failure one at a time: the next may fail as well.
        int allowed = _budget.InARow > 0 ? 1 - now.Starting : int.MaxValue;
        for (int i = Math.Min(Math.Min(plan.Start, room), allowed); i > 0; i--)
        {
            _launching++;
            _launcher.Post(Launch);
        }

        return promoted;
    }

    private StaffingPlan PlanFor(Census now) => StaffingPlan.For(now, _wanted, _options.MaxWorkers, _options.SpareWorkers);

    /// <summary>Spares take the places of workers that are gone. Whether there was one; others are not started yet.</summary>
    internal bool LetSparesStepIn()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        return Promote(PlanFor(Count()).Promote);
    }

    private bool Promote(int count)
    {
        for (int i = 0; i < count; i++)
        {
            ProcessWorker spare = Workers.Find(static worker => worker.Role == WorkerRole.Spare)!;
            spare.IsSpare = false;
            spare.MarkIdle();
        }

        return count > 0;
    }

    /// <summary>The last failed start, while the restart limit is reached.</summary>
    internal WorkerStartException? StartFailure
    {
        get
        {
            Debug.Assert(_lock.IsHeldByCurrentThread);
            return _broken;
        }
    }

    /// <summary>What the next start waits for; null when it does not wait.</summary>
    internal StartBackOff? BackOff
    {
        get
        {
            Debug.Assert(_lock.IsHeldByCurrentThread);
            return _waiting;
        }
    }

    internal void OnHello(ProcessWorker worker)
    {
        if (_startup.Steps.Count == 0)
            MarkReady(worker);
        else
            worker.IsInitializing = true;
    }

    internal void OnInitialized(ProcessWorker worker)
    {
        if (worker.StartFailure is not null)
            Expire(worker, _startup.Steps[worker.StepsDone].Part.Failure());
        else if (worker.StepsDone == _startup.Steps.Count)
            MarkReady(worker);
    }

    /// <summary>A worker wrote nonsense or closed its connection: whatever it does now, it is of no use.</summary>
    internal void OnBroken(ProcessWorker worker, Exception cause)
    {
        lock (_lock)
        {
            if (worker.State == WorkerState.Dead)
                return; // what it wrote last is read after its exit

            // One that was told to end closes its connection first, and may still be disposing its state.
            if (worker.IsExpectedToExit && cause is EndOfStreamException)
                return;

            // One that never was ready has nothing in flight, and its exit, which is on its way, tells who ended it.
            if (worker.State == WorkerState.Starting && cause is EndOfStreamException)
            {
                worker.Deadline?.Dispose();
                worker.Deadline = Background.Timer(
                    () => Expire(worker, "it closed its connection before it was ready"), _options.TerminationGrace, _ => worker.Kill());
                return;
            }

            worker.Life.MoveTo(WorkerState.Killing);
            if (cause is not EndOfStreamException)
                worker.KillReason ??= $"It broke the protocol ({cause.Message}) and was killed.";
        }

        worker.Kill();
    }

    /// <summary>A worker is gone.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="forensics">What is known about its end.</param>
    internal void OnExited(ProcessWorker worker, Forensics forensics)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        worker.Life.MoveTo(WorkerState.Dead);
        worker.Deadline?.Dispose();
        Workers.Remove(worker);
        _goneTraffic += worker.Traffic;
        _changed = true;
        // What a guest's end means is for its own supervisor to decide, so no other is started before there is work again.
        if (_options.Guest is not null)
            _wanted = 0;

        if (worker.IsExpectedToExit)
        {
            _events.Raise(WorkerEventKind.Ended, worker.ProcessId);
        }
        else if (!worker.WasReady)
        {
            OnStartFailed(worker.ProcessId, StartError(worker, forensics.Status), forensics.By, worker.IsInitializing);
        }
        else if (!worker.WasKilledForItem)
        {
            string headline = forensics.Headline is { } said ? $" {said}" : "";
            _events.Raise(
                WorkerEventKind.Crashed, worker.ProcessId, $"It {Describe(forensics.Status)}.{headline} {worker.KillReason}".TrimEnd(), forensics.Status.SignalName ?? (forensics.Status.IsUnknown ? EventReason.Unknown : EventReason.Exit));
        }

        CheckGone();
    }

    /// <summary>Ends all workers, and then what watches them.</summary>
    internal async Task StopAsync()
    {
        lock (_lock)
        {
            _stopping = true;
            _backOff?.Dispose();
            _sweep?.Dispose();
            foreach (ProcessWorker worker in Workers)
            {
                if (worker.State != WorkerState.Killing)
                    SendStop(worker);
            }

            CheckGone();
        }

        await _allGone.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _startup.Release();
        _launcher.Dispose();
    }

    /// <summary>What has gone through all workers, also those that are gone.</summary>
    internal PoolTraffic Traffic
    {
        get
        {
            Debug.Assert(_lock.IsHeldByCurrentThread);
            return Workers.Aggregate(_goneTraffic, static (sum, worker) => sum + worker.Traffic);
        }
    }

    /// <summary>How many workers there are of each kind.</summary>
    private Census Count()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        var census = new Census { Starting = _launching };
        foreach (ProcessWorker worker in Workers)
        {
            switch (worker.Role)
            {
                case WorkerRole.Starting:
                    census.Starting++;
                    break;
                case WorkerRole.Spare:
                    census.Spare++;
                    break;
                case WorkerRole.Spent:
                    census.Spent++;
                    break;
                case WorkerRole.Due:
                    census.Due++;
                    break;
                case WorkerRole.Serving:
                    census.Serving++;
                    break;
            }
        }

        return census;
    }

    /// <summary>There may be more workers now, or must be fewer.</summary>
    internal void OnResized()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _wanted = Math.Min(_wanted, _options.MaxWorkers);
        _changed = true;
    }

    /// <summary>Workers are not what they were at the last <see cref="Balance"/>.</summary>
    internal void OnChanged()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _changed = true;
    }

    private void CheckGone()
    {
        if (_stopping && Workers.Count == 0 && _launching == 0)
            _allGone.TrySetResult();
    }

    internal static string Describe(ExitStatus status) => ExitStatus.Describe(status.Code, status.SignalName);

    internal static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
