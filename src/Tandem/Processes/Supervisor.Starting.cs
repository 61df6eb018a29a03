using System.Diagnostics;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Telemetry;

namespace Tandem.Processes;

internal sealed partial class Supervisor
{
    /// <summary>On the launcher's thread.</summary>
    private void Launch()
    {
        lock (_lock)
        {
            if (_stopping)
            {
                _launching--;
                CheckGone();
                return;
            }
        }

        ProcessWorker? launched = null;
        try
        {
            LaunchPlan plan = _plan ?? _options.Guest!.CreatePlan();
            _launcher.Start(
                _engine,
                plan,
                transport => EnvironmentOf(plan, transport),
                worker =>
                {
                    launched = worker;
                    if (_factory is not null)
                        worker.SendInitialize(_factory);
                    worker.Link.Flush();
                    lock (_lock)
                    {
                        _launching--;
                        Workers.Add(worker);
                    }
                });
            LimitStart(launched!);
            _events.Raise(WorkerEventKind.Started, launched!.ProcessId);
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
            worker.IsSpare = Count().Serving >= _wanted;
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

    /// <summary>Under the lock: a spare takes its place among the workers.</summary>
    private static void Promote(ProcessWorker spare)
    {
        spare.IsSpare = false;
        spare.MarkIdle();
    }

    /// <summary>Under the lock: counts, fails waiting items beyond the limit, and tries again later, as long as there is work.</summary>
    private void OnStartFailed(int processId, WorkerStartException error, bool wasKilled = false)
    {
        TimeSpan delay = wasKilled ? _budget.OnKilled() : _budget.OnFailed(Stopwatch.GetTimestamp());
        Census now = Count();
        _wanted = Math.Min(_wanted, now.Serving + now.Due);
        _events.Raise(WorkerEventKind.StartFailed, processId, $"{_budget.InARow} in a row. {error.Message}", error: error);
        if (_stopping)
            return;

        if (_budget.IsSpent)
        {
            _events.Raise(WorkerEventKind.RestartLimitReached, processId, $"Until a start succeeds, work fails at once; the next try is in {Seconds(delay)}.");
            _broken = error;
            if (now.Serving + now.Due == 0)
                FailWaiting(error);
        }

        _backOff ??= Background.Timer(
            () =>
            {
                lock (_lock)
                {
                    _backOff?.Dispose();
                    _backOff = null;
                    _changed = true;
                    // Items fail at once meanwhile, so it is this try that finds out whether the cause has gone away.
                    if (_broken is not null)
                        _wanted = Math.Max(_wanted, 1);
                }

                _engine.OnReady();
            },
            delay,
            _events.OnBackgroundFailure);
    }

    private void FailWaiting(WorkerStartException error) =>
        Background.Queue(static state => state.Engine.FailWaiting(state.Error), (Engine: _engine, Error: error), static (state, e) => state.Engine.Events.OnBackgroundFailure(e));

    private static WorkerStartException StartError(ProcessWorker worker, ExitStatus status)
    {
        if (worker.StartFailure is { } cause)
            return new WorkerStartException($"The state of a worker could not be built: {cause.Message}", cause);

        string reason = status.Code == LaunchProtocol.MisplacedExitCode
            ? "it came up in the user's program instead of in Tandem"
            : worker.KillReason ?? $"it {Describe(status)} before it was ready";
        string tail = worker.ErrorTail;
        string hints = SystemLimits.Hints();
        return new WorkerStartException(
            $"A worker could not be started: {reason}."
            + (hints.Length > 0 ? $" What may be behind it: {hints}." : "")
            + (tail.Length > 0 ? $" Its standard error:\n{tail}" : ""));
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
