using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Interop;
using Tandem.Invocation;
using Tandem.Launch;
using Tandem.Serialization;
using Tandem.WarmUp;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Starts workers: from the decision to start one until it is ready, or its start has failed. State changes under the engine's lock.
/// </summary>
internal sealed class WorkerStarter : IDisposable
{
    private static readonly string[] LanguageVariables = ["LANG", "LC_ALL", "LC_MESSAGES"];

    private readonly ProcessEngine _engine;
    private readonly ProcessPoolOptions _options;
    private readonly WorkerRoster _roster;
    private readonly WorkerStopper _stopper;
    private readonly StartFailures _failures;
    private readonly Lock _lock; // the engine's
    private readonly TimeProvider _time;
    private readonly WorkerStartup _startup;
    private readonly WorkerLauncher _launcher;
    private readonly LaunchableProgram _program;
    private readonly IStartObserver? _observer; // makes workers faster; nothing else depends on it

    /// <exception cref="WorkSerializationException">The initializer or the state factory captures a value that cannot travel.</exception>
    /// <exception cref="WorkerStartException">No worker can be started.</exception>
    internal WorkerStarter(
        ProcessEngine engine, Func<StartupStep>? factory, WorkerRoster roster, WorkerStopper stopper, StartFailures failures, Lock gate,
        TimeProvider time)
    {
        _engine = engine;
        _options = engine.Options;
        _roster = roster;
        _stopper = stopper;
        _failures = failures;
        _lock = gate;
        _time = time;
        // Before anything that must be released: what the delegates capture may be refused.
        _startup = new WorkerStartup(_options, factory);
        _program = LaunchableProgram.Of(_options);
        _launcher = WorkerLauncher.Create(_program, _options);
        try
        {
            bool startsAtOnce = _options.StartEagerly || _program.IsForeign;
            // The only place in the parent that knows of warm-up. Without this line nothing changes but time: the first call of a program
            // takes about 20 ms longer, and the first call of a spare that has stepped in about 1 ms longer.
            _observer = new PoolWarmUp(
                _options, _launcher, startsAtOnce, () => engine.FirstWaiting,
                static (task, remoteMethod, result) =>
                    new RemoteCall(task, remoteMethod.SharedPayload, CancellationToken.None).ReadResult(result),
                gate);
            _launcher.Check();
        }
        catch (Exception e)
        {
            Dispose();
            if (e is OutOfMemoryException)
                throw new WorkerStartException($"What starts workers could not be made: {SystemLimits.Explain(e)}.", e);
            throw;
        }
    }

    /// <summary>Memory for the arguments of the pool's items.</summary>
    internal IPayloadMemory Memory => _launcher.Memory;

    /// <summary>Has a worker launched, on the launcher's thread.</summary>
    internal void BeginStart()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _roster.BeginLaunch();
        _launcher.Post(Launch);
    }

    /// <summary>A worker has connected.</summary>
    internal void OnHello(ProcessWorker worker)
    {
        if (_startup.Steps.Count == 0)
            MarkReady(worker);
    }

    /// <summary>A worker has run a step of its startup.</summary>
    internal void OnInitialized(ProcessWorker worker)
    {
        if (worker.StartFailure is not null)
            Expire(worker, _startup.Steps[worker.StepsDone].Part.Failure());
        else if (worker.StepsDone == _startup.Steps.Count)
            MarkReady(worker);
    }

    /// <summary>A method was defined to a worker.</summary>
    internal void OnDefined(RemoteMethod remoteMethod)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _observer?.OnMethodDefined(remoteMethod);
    }

    /// <summary>A starting worker has closed its connection: it is killed if its exit does not follow, which tells who ended it.</summary>
    internal void OnDisconnected(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        worker.Deadline?.Dispose();
        worker.Deadline = Background.Timer(
            _time, () => Expire(worker, "it closed its connection before it was ready"), _options.TerminationGrace, _ => worker.Kill());
    }

    /// <summary>Describes why a worker exited before it was ready.</summary>
    internal WorkerStartException ErrorFor(ProcessWorker worker, ExitStatus status)
    {
        if (worker.StartFailure is { } cause)
            return _startup.Steps[worker.StepsDone].Part.ErrorFor(cause);

        string reason = status.Code == LaunchProtocol.MisplacedExitCode
            ? "it came up in the user's program instead of in Tandem"
            : worker.Leaving.KillReason ?? $"it {Supervisor.Describe(status)} before it was ready";
        string tail = worker.ErrorTail;
        string hints = SystemLimits.Hints();
        return new WorkerStartException(
            $"A worker could not be started: {reason}."
            + (hints.Length > 0 ? $" What may be behind it: {hints}." : "")
            + (tail.Length > 0 ? $" Its standard error:\n{tail}" : ""))
        {
            Failure = worker.Leaving.KillReason is null ? StartFailureKind.Ended : StartFailureKind.TimedOut,
        };
    }

    /// <summary>No worker will be started any more, and none is left.</summary>
    public void Dispose()
    {
        _startup.Release();
        _launcher.Dispose();
    }

    /// <summary>Runs on the launcher's thread.</summary>
    private void Launch()
    {
        lock (_lock)
        {
            // The pool may have become smaller since this was decided.
            if (_roster.IsStopping || _roster.PlanFor(_roster.Count()).Start < 0)
            {
                _roster.CancelLaunch();
                _roster.CheckGone();
                return;
            }
        }

        ProcessWorker? launched = null;
        try
        {
            if (SystemLimits.TooFewDescriptors() is { } reason)
                throw new WorkerStartException($"A worker could not be started: {reason}.");

            LaunchPlan plan = _launcher.CreatePlan();
            using (NewLink link = _launcher.CreateLink())
            {
                try
                {
                    launched = new ProcessWorker(_engine, link.Link);
                    SendStartup(launched);
                    launched.Attach(_launcher.Start(plan, link, launched));
                }
                catch
                {
                    link.Link.Dispose();
                    throw;
                }
            }

            LimitStart(launched);
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _roster.OnLaunchFailed(launched);
                launched?.Deadline?.Dispose();
                WorkerStartException error = e as WorkerStartException
                    ?? new WorkerStartException($"A worker could not be started: {SystemLimits.Explain(e)}.", e);
                _failures.OnFailed(0, error);
                _roster.CheckGone();
            }

            return;
        }

        if (_observer is not null)
            Background.Run(_observer.OnStarted, launched, static (worker, e) => worker.OnBroken(e));
    }

    /// <summary>
    /// Before the process of a worker is started: sends what it runs before it is ready, and counts it among the pool's workers.
    /// </summary>
    private void SendStartup(ProcessWorker worker)
    {
        if (CulturesOfWorkers is { } cultures)
            worker.SendCultures(cultures);
        for (int step = 0; step < _startup.Steps.Count; step++)
            worker.SendInitialize(_startup.Steps[step], step);
        worker.Link.Flush();
        lock (_lock)
            _roster.Add(worker);
    }

    /// <summary>
    /// The cultures that a worker would not have by itself; null for none. Another program may know nothing of them; and if the pool sets
    /// variables for the language, these decide.
    /// </summary>
    private Cultures? CulturesOfWorkers =>
        !_program.IsForeign && !LanguageVariables.Any(_options.Environment.ContainsKey) ? _engine.CreatorCultures : null;

    // After the launch, not before: the first timer of a process takes milliseconds to create.
    private void LimitStart(ProcessWorker worker)
    {
        lock (_lock)
        {
            if (worker.State == WorkerState.Starting)
            {
                worker.Deadline = Background.Timer(
                    _time,
                    () => Expire(worker, $"it was not ready within {Supervisor.Seconds(_options.StartTimeout)}"),
                    _options.StartTimeout,
                    _ => worker.Kill());
            }
        }
    }

    private void MarkReady(ProcessWorker worker)
    {
        bool wake = false;
        lock (_lock)
        {
            if (worker.State != WorkerState.Starting)
                return;

            worker.Deadline?.Dispose();
            _failures.OnReady();
            WorkerCounts others = _roster.Count();
            worker.IsSpare = others.Serving + others.Spent >= _roster.Wanted;
            worker.WasReady = true;
            worker.MarkIdle();
            _roster.OnChanged();
            if (_roster.IsStopping)
                _stopper.SendStop(worker);
            else if (worker.IsSpare)
                wake = _observer?.OnSpareReady(worker) == true;
        }

        if (wake)
            worker.Link.Wake();

        _engine.Events.Raise(WorkerEventKind.Ready, worker.ProcessId, worker.IsSpare ? "It is a spare." : "");
        _engine.OnReady();
    }

    /// <summary>Kills a worker that has not become ready.</summary>
    private void Expire(ProcessWorker worker, string reason)
    {
        lock (_lock)
        {
            if (worker.State != WorkerState.Starting)
                return;

            worker.Leave(LeavingCause.NotReady, reason);
        }

        worker.Kill();
    }
}
