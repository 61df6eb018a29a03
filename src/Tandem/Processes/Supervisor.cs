using System.Diagnostics;
using System.Globalization;
using Tandem.Events;
using Tandem.Interop;
using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Processes;

/// <summary>
/// Owns the lives of a pool's workers: what the engine asks of them goes through this class. The work is done by the classes that it
/// constructs, one for each responsibility. They share the engine's lock, and depend on each other only in the order of construction.
/// </summary>
internal sealed class Supervisor
{
    private readonly Lock _lock; // the engine's
    private readonly WorkerRoster _roster;
    private readonly WorkerStopper _stopper;
    private readonly StartFailures _failures;
    private readonly WorkerStarter _starter;
    private readonly WorkerExits _exits;
    private readonly WorkerStaffing _staffing;
    private readonly WorkerRecycler _recycler;

    /// <param name="engine">The pool.</param>
    /// <param name="factory">Makes the step that builds the state of each worker; null for none.</param>
    /// <param name="gate">The engine's lock.</param>
    /// <param name="time">The clock of all decisions: grace periods, start time-out, back-off and idleness.</param>
    /// <exception cref="WorkSerializationException">The initializer or the state factory captures a value that cannot travel.</exception>
    /// <exception cref="WorkerStartException">No worker can be started.</exception>
    internal Supervisor(ProcessEngine engine, Func<StartupStep>? factory, Lock gate, TimeProvider time)
    {
        _lock = gate;
        _roster = new WorkerRoster(engine.Options, gate);
        _stopper = new WorkerStopper(engine, _roster, gate, time);
        _failures = new StartFailures(engine, _roster, gate, time);
        _starter = new WorkerStarter(engine, factory, _roster, _stopper, _failures, gate, time);
        _exits = new WorkerExits(engine, _roster, _starter, _failures, gate);
        _staffing = new WorkerStaffing(engine.Options, _roster, _stopper, _failures, _starter, gate);
        _recycler = new WorkerRecycler(engine, _roster, _stopper, _staffing, gate, time);
    }

    /// <inheritdoc cref="WorkerRoster.Workers"/>
    internal List<ProcessWorker> Workers => _roster.Workers;

    /// <inheritdoc cref="WorkerStaffing.IsStaffed"/>
    internal bool IsStaffed => _staffing.IsStaffed;

    /// <inheritdoc cref="WorkerRoster.HasWork"/>
    internal bool HasWork => _roster.HasWork;

    /// <inheritdoc cref="WorkerRoster.Traffic"/>
    internal PoolTraffic Traffic => _roster.Traffic;

    /// <inheritdoc cref="WorkerStarter.Memory"/>
    internal IPayloadMemory Memory => _starter.Memory;

    /// <inheritdoc cref="StartFailures.LimitReached"/>
    internal WorkerStartException? StartFailure => _failures.LimitReached;

    /// <inheritdoc cref="StartFailures.BackOff"/>
    internal StartBackOff? BackOff => _failures.BackOff;

    /// <inheritdoc cref="WorkerRoster.AssertInvariants"/>
    [Conditional("DEBUG")]
    internal void AssertInvariants() => _roster.AssertInvariants();

    /// <inheritdoc cref="WorkerStaffing.Balance"/>
    internal bool Balance(int waiting) => _staffing.Balance(waiting);

    /// <inheritdoc cref="WorkerStaffing.PromoteSpares"/>
    internal bool PromoteSpares() => _staffing.PromoteSpares();

    /// <inheritdoc cref="WorkerStaffing.OnResized"/>
    internal void OnResized() => _staffing.OnResized();

    /// <inheritdoc cref="WorkerRoster.OnChanged"/>
    internal void OnChanged() => _roster.OnChanged();

    /// <inheritdoc cref="StartFailures.DescribeWait"/>
    internal string? DescribeWait() => _failures.DescribeWait();

    /// <inheritdoc cref="WorkerStarter.OnHello"/>
    internal void OnHello(ProcessWorker worker) => _starter.OnHello(worker);

    /// <inheritdoc cref="WorkerStarter.OnInitialized"/>
    internal void OnInitialized(ProcessWorker worker) => _starter.OnInitialized(worker);

    /// <inheritdoc cref="WorkerStarter.OnDefined"/>
    internal void OnDefined(RemoteMethod remoteMethod) => _starter.OnDefined(remoteMethod);

    /// <inheritdoc cref="WorkerExits.OnBroken"/>
    internal void OnBroken(ProcessWorker worker, Exception cause) => _exits.OnBroken(worker, cause);

    /// <inheritdoc cref="WorkerExits.OnExited"/>
    internal void OnExited(ProcessWorker worker, Forensics forensics) => _exits.OnExited(worker, forensics);

    /// <inheritdoc cref="WorkerRecycler.Review"/>
    internal void Review(ProcessWorker worker) => _recycler.Review(worker);

    /// <inheritdoc cref="WorkerRecycler.Retire"/>
    internal void Retire(ProcessWorker worker, string reason, string detail, bool isUrgent) =>
        _recycler.Retire(worker, reason, detail, isUrgent);

    /// <inheritdoc cref="WorkerStopper.RevokeAll"/>
    internal void RevokeAll(List<RemoteItem> revoked) => _stopper.RevokeAll(revoked);

    /// <inheritdoc cref="WorkerStopper.AbortAll"/>
    internal void AbortAll() => _stopper.AbortAll();

    /// <inheritdoc cref="WorkerStopper.KillBusy"/>
    internal void KillBusy(string reason) => _stopper.KillBusy(reason);

    /// <inheritdoc cref="WorkerStopper.KillOverdue"/>
    internal void KillOverdue() => _stopper.KillOverdue();

    /// <inheritdoc cref="WorkerStopper.KillAfterGrace"/>
    internal void KillAfterGrace(ProcessWorker worker, RemoteItem item) => _stopper.KillAfterGrace(worker, item);

    /// <inheritdoc cref="WorkerStopper.TrySuspend"/>
    internal bool TrySuspend(ProcessWorker worker, RemoteItem item) => _stopper.TrySuspend(worker, item);

    /// <inheritdoc cref="WorkerStopper.TryTakeOut"/>
    internal bool TryTakeOut(ProcessWorker worker) => _stopper.TryTakeOut(worker);

    /// <inheritdoc cref="WorkerStopper.TryBeginKill"/>
    internal bool TryBeginKill(ProcessWorker worker, RemoteItem culprit, string reason, string detail, bool atOnce = false) =>
        _stopper.TryBeginKill(worker, culprit, reason, detail, atOnce);

    /// <inheritdoc cref="WorkerStopper.Silence"/>
    internal void Silence(ProcessWorker worker) => _stopper.Silence(worker);

    /// <inheritdoc cref="WorkerStopper.KillSilent"/>
    internal void KillSilent(ProcessWorker worker) => _stopper.KillSilent(worker);

    /// <inheritdoc cref="WorkerStopper.EndIfDrained"/>
    internal void EndIfDrained(ProcessWorker worker) => _stopper.EndIfDrained(worker);

    /// <summary>Ends all workers, and then the launcher, which watches them.</summary>
    internal async Task StopAsync()
    {
        lock (_lock)
        {
            _roster.BeginStop();
            _failures.Stop();
            _recycler.Stop();
            foreach (ProcessWorker worker in _roster.Workers)
            {
                if (worker.State != WorkerState.Killing)
                    _stopper.SendStop(worker);
            }

            _roster.CheckGone();
        }

        await _roster.AllGone.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _starter.Dispose();
    }

    internal static string Describe(ExitStatus status) => ExitStatus.Describe(status.Code, status.SignalName);

    internal static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
