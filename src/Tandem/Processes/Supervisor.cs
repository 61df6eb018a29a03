using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Launch;
using Tandem.Serialization;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Owns the lives of a pool's workers: starts them when there is work, replaces those that crash, ends them. All state changes under
/// the engine's lock, which it shares.
/// </summary>
internal sealed class Supervisor
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    private readonly ProcessEngine _engine;
    private readonly WorkerPoolOptions _options;
    private readonly StateFactory? _factory;
    private readonly Lock _lock;
    private readonly LaunchPlan _plan;
    private readonly WorkerLauncher _launcher;
    private readonly ILogger? _logger;
    private readonly int _depth;
    private readonly int _depthLimit;
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _launching;
    private int _wanted;
    private int _failedStarts;
    private ITimer? _backOff;
    private bool _stopping;

    internal Supervisor(ProcessEngine engine, StateFactory? factory, Lock gate)
    {
        _engine = engine;
        _options = engine.Options;
        _factory = factory;
        _lock = gate;
        _logger = _options.LoggerFactory?.CreateLogger("Tandem.Supervisor");
        (_depth, _depthLimit) = Nesting.Check(_options);
        _plan = LaunchPlan.Current;
        _launcher = WorkerLauncher.Create(_options);
    }

    /// <summary>Workers that were launched and whose exit is not confirmed.</summary>
    internal List<ProcessWorker> Workers { get; } = [];

    internal IPayloadMemory Memory => _launcher.Memory;

    /// <summary>Under the lock: whether any worker has items.</summary>
    internal bool HasWork => Workers.Exists(static worker => worker.InFlight > 0);

    private int Starting
    {
        get
        {
            int starting = _launching;
            foreach (ProcessWorker worker in Workers)
                starting += worker.State == WorkerState.Starting ? 1 : 0;

            return starting;
        }
    }

    /// <summary>Under the lock: starts workers for items that wait, as far as there may be more.</summary>
    internal void EnsureWorkers(int waiting)
    {
        if (_stopping || _backOff is not null)
            return;

        int live = Workers.Count + _launching;
        if (live >= _options.Workers || (waiting == 0 && live >= _wanted))
            return;

        // As many as there is work for that nobody on the way will take, and at least those that were there before a crash.
        int missing = Math.Min(Math.Max(waiting - Starting, _wanted - live), _options.Workers - live);
        for (int i = 0; i < missing; i++)
        {
            _launching++;
            _launcher.Post(Launch);
        }

        _wanted = Math.Max(_wanted, live + Math.Max(0, missing));
    }

    internal void OnHello(ProcessWorker worker)
    {
        if (_factory is null)
            MarkReady(worker);
    }

    internal void OnInitialized(ProcessWorker worker)
    {
        if (worker.StartFailure is null)
            MarkReady(worker);
        else
            Expire(worker, "its state could not be built");
    }

    /// <summary>A worker wrote nonsense or closed its connection: whatever it does now, it is of no use.</summary>
    internal void OnBroken(ProcessWorker worker, Exception cause)
    {
        lock (_lock)
        {
            // One that was told to end closes its connection first, and may still be disposing its state.
            if (worker.IsExpectedToExit && cause is EndOfStreamException)
                return;

            worker.State = WorkerState.Killing;
            if (cause is not EndOfStreamException)
                worker.KillReason ??= $"It broke the protocol ({cause.Message}) and was killed.";
        }

        worker.Kill();
    }

    /// <summary>Under the lock: the item's token was cancelled; when the worker still has it after the grace, the worker is ended.</summary>
    internal void KillAfterGrace(ProcessWorker worker, WorkItem item)
    {
        if (_options.CancellationGrace == Timeout.InfiniteTimeSpan)
            return;

        uint sequence = item.Sequence;
        item.Details.Grace = TimeProvider.System.CreateTimer(
            _ =>
            {
                lock (_lock)
                {
                    if (!worker.Holds(item) || item.Sequence != sequence)
                        return;

                    BeginKill(worker, $"It was ended because '{item.Name}' went on for {Seconds(_options.CancellationGrace)} after it was cancelled.");
                }
            },
            null,
            _options.CancellationGrace,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Under the lock: takes back every item that has not started.</summary>
    internal void RevokeAll(List<WorkItem> revoked)
    {
        foreach (ProcessWorker worker in Workers)
        {
            while (worker.RevokeLast() is { } item)
            {
                if (item.TryRequeue())
                    revoked.Add(item);
            }
        }
    }

    /// <summary>Under the lock: cancels what runs; workers that do not follow are ended after the grace.</summary>
    internal void AbortAll()
    {
        foreach (ProcessWorker worker in Workers)
        {
            foreach (WorkItem item in worker.Items)
            {
                worker.SendCancel(item, FrameHeader.OwnToken);
                KillAfterGrace(worker, item);
            }
        }
    }

    /// <summary>Under the lock: a worker is gone.</summary>
    internal void OnExited(ProcessWorker worker, ExitStatus status)
    {
        bool neverReady = worker.State == WorkerState.Starting || worker.StartFailure is not null;
        worker.State = WorkerState.Dead;
        worker.Deadline?.Dispose();
        Workers.Remove(worker);
        if (!worker.IsExpectedToExit)
        {
            _logger?.LogWarning("Worker {ProcessId} of '{Pool}' {Exit}. {Reason}", worker.ProcessId, _options.Name, Describe(status), worker.KillReason);
            if (neverReady)
                OnStartFailed(StartError(worker, status));
        }
        else
        {
            _logger?.LogDebug("Worker {ProcessId} of '{Pool}' ended", worker.ProcessId, _options.Name);
        }

        CheckGone();
    }

    internal static WorkerCrashedException DescribeCrash(ProcessWorker worker, ExitStatus status, WorkItem item, int element) => new WorkerCrashedException(new CrashReport(
        worker.ProcessId, status.Code, status.SignalName, item.NameOf(element), item.Attempt, worker.ErrorTail, worker.KillReason));

    /// <summary>Ends all workers, and then what watches them.</summary>
    internal async Task StopAsync()
    {
        List<ProcessWorker> asleep = [];
        lock (_lock)
        {
            _stopping = true;
            _backOff?.Dispose();
            foreach (ProcessWorker worker in Workers)
            {
                if (worker.State == WorkerState.Killing)
                    continue;

                worker.IsExpectedToExit = true;
                worker.State = WorkerState.Draining;
                // A full ring is impossible here: nothing is in flight. The control channel reaches a worker that does not listen.
                worker.Link.SendControl(FrameKind.Stop, 0, 0, 0);
                Escalate(worker);
            }

            CheckGone();
        }

        await _allGone.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _launcher.Dispose();
    }

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
            _launcher.Start(
                _engine,
                _plan,
                transport => _plan.CreateEnvironment(_options, transport, _depth, _depthLimit),
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
            _logger?.LogDebug("Worker {ProcessId} of '{Pool}' starts", launched!.ProcessId, _options.Name);
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                if (launched is null || !Workers.Remove(launched))
                    _launching--;

                launched?.Deadline?.Dispose();
                OnStartFailed(e as WorkerStartException ?? new WorkerStartException($"A worker could not be started: {e.Message}", e));
                CheckGone();
            }
        }
    }

    // After the launch, not before: the first timer of a process takes milliseconds to make.
    private void LimitStart(ProcessWorker worker)
    {
        lock (_lock)
        {
            if (worker.State == WorkerState.Starting)
            {
                worker.Deadline = TimeProvider.System.CreateTimer(
                    _ => Expire(worker, $"it was not ready within {Seconds(_options.StartTimeout)}"), null, _options.StartTimeout, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void MarkReady(ProcessWorker worker)
    {
        lock (_lock)
        {
            if (worker.State != WorkerState.Starting)
                return;

            worker.State = WorkerState.Idle;
            worker.Deadline?.Dispose();
            _failedStarts = 0;
            if (_stopping)
            {
                worker.IsExpectedToExit = true;
                worker.State = WorkerState.Draining;
                worker.Link.SendControl(FrameKind.Stop, 0, 0, 0);
                Escalate(worker);
            }
        }

        _logger?.LogDebug("Worker {ProcessId} of '{Pool}' is ready", worker.ProcessId, _options.Name);
        _engine.OnReady();
    }

    /// <summary>Under the lock: counts, fails waiting items beyond the limit, and tries again later, as long as there is work.</summary>
    private void OnStartFailed(WorkerStartException error)
    {
        _failedStarts++;
        _wanted = Workers.Count;
        _logger?.LogError(error, "A worker of '{Pool}' could not be started ({Count} in a row)", _options.Name, _failedStarts);
        if (_stopping)
            return;

        double factor = Math.Pow(2, Math.Min(_failedStarts - 1, 20));
        TimeSpan delay = TimeSpan.FromTicks((long)Math.Min(FirstBackOff.Ticks * factor, LongestBackOff.Ticks));
        if (_failedStarts >= _options.StartRetryLimit)
            ThreadPool.UnsafeQueueUserWorkItem(static state => state._engine.FailWaiting(state.error), (_engine, error), preferLocal: false);

        _backOff ??= TimeProvider.System.CreateTimer(
            _ =>
            {
                lock (_lock)
                {
                    _backOff?.Dispose();
                    _backOff = null;
                }

                _engine.OnReady();
            },
            null,
            delay,
            Timeout.InfiniteTimeSpan);
    }

    private static WorkerStartException StartError(ProcessWorker worker, ExitStatus status)
    {
        if (worker.StartFailure is { } cause)
            return new WorkerStartException($"The state of a worker could not be built: {cause.Message}", cause);

        string reason = status.Code == LaunchProtocol.MisplacedExitCode
            ? "it came up in the user's program instead of in Tandem"
            : worker.KillReason ?? $"it {Describe(status)} before it was ready";
        string tail = worker.ErrorTail;
        return new WorkerStartException($"A worker could not be started: {reason}." + (tail.Length > 0 ? $" Its standard error:\n{tail}" : ""));
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

    /// <summary>Under the lock: out of rotation now; what it has not started goes elsewhere; SIGTERM, and SIGKILL after the grace.</summary>
    private void BeginKill(ProcessWorker worker, string reason)
    {
        if (worker.State is WorkerState.Killing or WorkerState.Dead)
            return;

        worker.State = WorkerState.Killing;
        worker.KillReason = reason;
        while (worker.RevokeLast() is { } item)
            _engine.Requeue(item);

        worker.Terminate();
        Escalate(worker);
        ThreadPool.UnsafeQueueUserWorkItem(static engine => engine.OnReady(), _engine, preferLocal: false);
    }

    /// <summary>Kills the worker when it has not ended within the grace.</summary>
    private void Escalate(ProcessWorker worker)
    {
        worker.Deadline?.Dispose();
        worker.Deadline = TimeProvider.System.CreateTimer(
            static state => ((ProcessWorker)state!).Kill(), worker, _options.TerminationGrace, Timeout.InfiniteTimeSpan);
    }

    private void CheckGone()
    {
        if (_stopping && Workers.Count == 0 && _launching == 0)
            _allGone.TrySetResult();
    }

    private static string Describe(ExitStatus status) =>
        status.SignalName is { } signal ? $"was ended by {signal}" : $"exited with code {status.Code}";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
