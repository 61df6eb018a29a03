using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Work;

namespace Tandem.Processes;

internal sealed partial class Supervisor
{
    /// <summary>On the launcher's thread.</summary>
    private void Launch()
    {
        lock (_lock)
        {
            // The pool may have become smaller since this was decided.
            if (_stopping || PlanFor(Count()).Start < 0)
            {
                _launching--;
                CheckGone();
                return;
            }
        }

        ProcessWorker? launched = null;
        try
        {
            if (SystemLimits.TooFewDescriptors() is { } reason)
                throw new WorkerStartException($"A worker could not be started: {reason}.");

            LaunchPlan plan = _plan ?? _options.Guest!.CreatePlan();
            using (WorkerConnection connection = _launcher.Connect())
            {
                try
                {
                    launched = new ProcessWorker(_engine, connection.Link);
                    SendStartup(launched);
                    launched.Attach(connection.Start(plan, transport => EnvironmentOf(plan, transport), launched));
                }
                catch
                {
                    connection.Link.Dispose();
                    throw;
                }
            }

            LimitStart(launched);
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                if (launched is null || !Workers.Remove(launched))
                    _launching--;

                launched?.Deadline?.Dispose();
                OnStartFailed(0, e as WorkerStartException ?? new WorkerStartException($"A worker could not be started: {SystemLimits.Explain(e)}.", e));
                CheckGone();
            }

            return;
        }

        Background.Run(_engine.Introduce, launched, static (worker, e) => worker.OnBroken(e));
    }

    /// <summary>Before its process is started: sends what it runs before it is ready, and counts it among the workers.</summary>
    private void SendStartup(ProcessWorker worker)
    {
        if (CulturesOfWorkers is { } cultures)
            worker.SendCultures(cultures);
        for (int step = 0; step < _startup.Steps.Count; step++)
            worker.SendInitialize(_startup.Steps[step], step);
        worker.Link.Flush();
        lock (_lock)
        {
            _launching--;
            Workers.Add(worker);
        }
    }

    /// <summary>
    /// What a worker would not have by itself. Another program may know nothing of it; and variables for the language that the pool sets
    /// are to be followed.
    /// </summary>
    private Cultures? CulturesOfWorkers =>
        _options.Guest is null && !LanguageVariables.Any(_options.Environment.ContainsKey) ? _engine.MakersCultures : null;

    private static readonly string[] LanguageVariables = ["LANG", "LC_ALL", "LC_MESSAGES"];

    // After the launch, not before: the first timer of a process takes milliseconds to make.
    private void LimitStart(ProcessWorker worker)
    {
        lock (_lock)
        {
            if (worker.State == WorkerState.Starting)
            {
                worker.Deadline = Background.Timer(
                    () => Expire(worker, $"it was not ready within {Seconds(_options.StartTimeout)}"), _options.StartTimeout, _ => worker.Kill());
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
            _budget.OnReady();
            _broken = null;
            Census others = Count();
            worker.IsSpare = others.Serving + others.Spent >= _wanted;
            worker.WasReady = true;
            worker.MarkIdle();
            _changed = true;
            if (_stopping)
                SendStop(worker);
            else if (worker.IsSpare)
                wake = _engine.Prepare(worker);
        }

        if (wake)
            worker.Link.Wake();

        _events.Raise(WorkerEventKind.Ready, worker.ProcessId, worker.IsSpare ? "It is a spare." : "");
        _engine.OnReady();
    }

    /// <summary>Counts, fails waiting items beyond the limit, and tries again later, as long as there is work.</summary>
    /// <param name="processId">The process; 0 when there was none.</param>
    /// <param name="error">What happened.</param>
    /// <param name="by">Who ended the process.</param>
    /// <param name="inUserCode">Whether it ran the state factory.</param>
    private void OnStartFailed(int processId, WorkerStartException error, EndedBy by = EndedBy.Itself, bool inUserCode = false)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        bool isFailure = true;
        TimeSpan delay = by == EndedBy.Outside ? _budget.OnKilled(inUserCode, out isFailure) : _budget.OnFailed();
        Census now = Count();
        string count = isFailure
            ? $"{_budget.InARow} in a row."
            : $"Somebody killed it, which does not count towards {nameof(ProcessPoolOptions.MaxRestarts)}.";
        _events.Raise(WorkerEventKind.StartFailed, processId, $"{count} {error.Message}", error: error);
        _changed = true;
        if (_stopping)
            return;

        if (isFailure)
            _wanted = Math.Min(_wanted, now.Ready + now.Starting);

        if (isFailure && _budget.IsSpent)
        {
            _events.Raise(WorkerEventKind.RestartLimitReached, processId, $"Until a start succeeds, work fails at once; the next try is in {Seconds(delay)}.");
            _broken = error;
            if (now.Serving + now.Due == 0)
                FailWaiting(error);
        }

        if (delay > TimeSpan.Zero && _backOff is null)
            DelayStarts(processId, delay, error, isFailure);
    }

    /// <summary>Delays all starts. Until then, snapshots and the errors of waiting items say why.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Users are shown when the next start is due; a timer decides.")]
    private void DelayStarts(int processId, TimeSpan delay, WorkerStartException cause, bool isFailure)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _waiting = new StartBackOff { Until = DateTimeOffset.UtcNow + delay, FailedStarts = _budget.InARow, Cause = cause };
        _backOff = Background.Timer(
            () =>
            {
                lock (_lock)
                {
                    _backOff?.Dispose();
                    _backOff = null;
                    _waiting = null;
                    _changed = true;
                    // Items fail at once meanwhile, so it is this try that finds out whether the cause has gone away.
                    if (_broken is not null)
                        _wanted = Math.Max(_wanted, 1);
                }

                _engine.OnReady();
            },
            delay,
            _events.OnBackgroundFailure);
        if (isFailure)
            _events.Raise(WorkerEventKind.StartDelayed, processId, $"The next worker is started in {Seconds(delay)}.", error: null, backOff: _waiting);
    }

    /// <summary>For an item that has waited for too long, why no worker is started for it; null when nothing is known.</summary>
    internal string? DescribeWait()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_waiting is not { } wait)
            return null;

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(wait.FailedStarts > 0 ? $"{wait.FailedStarts} starts of workers failed in a row" : "Workers were killed while they started")}, so the next one is started at {wait.Until:HH:mm:ss.f} UTC. The last one: {wait.Cause.Message}");
    }

    private void FailWaiting(WorkerStartException error) =>
        Background.Queue(static state => state.Engine.FailWaiting(state.Error), (Engine: _engine, Error: error), static (state, e) => state.Engine.Events.OnBackgroundFailure(e));

    private WorkerStartException StartError(ProcessWorker worker, ExitStatus status)
    {
        if (worker.StartFailure is { } cause)
            return _startup.Steps[worker.StepsDone].Part.ErrorFor(cause);

        string reason = status.Code == LaunchProtocol.MisplacedExitCode
            ? "it came up in the user's program instead of in Tandem"
            : worker.KillReason ?? $"it {Describe(status)} before it was ready";
        string tail = worker.ErrorTail;
        string hints = SystemLimits.Hints();
        return new WorkerStartException(
            $"A worker could not be started: {reason}."
            + (hints.Length > 0 ? $" What may be behind it: {hints}." : "")
            + (tail.Length > 0 ? $" Its standard error:\n{tail}" : ""))
        {
            Failure = worker.KillReason is null ? StartFailureKind.Ended : StartFailureKind.TimedOut,
        };
    }

    /// <summary>Ends a worker that did not become ready.</summary>
    private void Expire(ProcessWorker worker, string reason)
    {
        lock (_lock)
        {
            if (worker.State != WorkerState.Starting)
                return;

            worker.KillReason = reason;
        }

        worker.Kill();
    }
}
