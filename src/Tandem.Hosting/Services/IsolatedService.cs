using Tandem.Supervision;

namespace Tandem.Hosting;

/// <summary>One service as its supervisor sees it, over all its runs. All changes under the supervisor's lock.</summary>
internal sealed class IsolatedService(ServiceRegistration registration, ServiceContext context)
{
    private volatile TaskCompletionSource _ready = NewSignal(); // also read without the lock
    private readonly RestartBudget _kills = new(int.MaxValue, TimeSpan.FromSeconds(30), TimeProvider.System);
    private WorkerPool? _pool;

    internal string Name => registration.Options.Name;

    internal RestartPolicy Restart => registration.Options.Restart;

    /// <summary>Services that this one needs.</summary>
    internal List<IsolatedService> Dependencies { get; } = [];

    /// <summary>Services that need this one.</summary>
    internal List<IsolatedService> Dependents { get; } = [];

    internal ServiceState State { get; private set; }

    /// <summary>The present run; null while there is none.</summary>
    internal ServiceRun? Run { get; private set; }

    internal int Restarts { get; set; }

    internal Exception? LastError { get; private set; }

    /// <summary>
    /// How long the next start waits because somebody killed the process while the service started; null when its last run ended in
    /// another way. Such an end says nothing about the service, and does not count as a restart.
    /// </summary>
    internal TimeSpan? DelayAfterKill { get; private set; }

    /// <summary>Completes when those that need this one may start; fails when it is not to be expected any more.</summary>
    internal Task Ready => _ready.Task;

    internal ServiceSnapshot Snapshot() => new()
    {
        Name = Name,
        Isolation = registration.Isolation,
        State = State,
        ProcessId = Run?.ProcessId ?? 0,
        Restarts = Restarts,
        LastError = LastError,
    };

    internal ServiceRun Start()
    {
        State = ServiceState.Starting;
        if (_ready.Task.IsCompleted)
            _ready = NewSignal();

        Run = new ServiceRun(registration, context, TakePool(), WhenDependenciesAreReadyAsync());
        return Run;
    }

    internal void MarkReady()
    {
        State = ServiceState.Running;
        _kills.OnReady();
        _ready.TrySetResult();
    }

    internal void MarkStopping()
    {
        // One that has ended by itself says for good whether those that need it may start.
        if (Run is null)
            return;

        State = ServiceState.Stopping;
        if (_ready.Task.IsCompleted)
            _ready = NewSignal();
    }

    /// <summary>What the last run left for the next one, which does not come.</summary>
    internal WorkerPool? TakePool()
    {
        WorkerPool? pool = _pool;
        _pool = null;
        return pool;
    }

    /// <summary>The run has ended by itself: whether somebody killed its process while it started.</summary>
    internal void NoteEnd(Exception? error)
    {
        DelayAfterKill = null;
        if (State == ServiceState.Starting && error is WorkerCrashedException { EndedBy: EndedBy.Outside, IsOutOfMemorySuspected: false })
        {
            TimeSpan delay = _kills.OnKilled(inUserCode: true, out bool isFailure);
            DelayAfterKill = isFailure ? null : delay;
        }
    }

    /// <summary>The run is over.</summary>
    internal void MarkEnded(ServiceState state, Exception? error)
    {
        _pool ??= Run?.TakePool();
        Run = null;
        State = state;
        LastError = error ?? LastError;
        if (state == ServiceState.Completed)
            _ready.TrySetResult(); // what it was needed for is done
        else if (_ready.Task.IsCompletedSuccessfully)
            _ready = NewSignal();

        if (state == ServiceState.Failed)
            _ready.TrySetException(new InvalidOperationException($"Service '{Name}', which others depend on, has failed and is not started again.", error));
    }

    /// <summary>Completes when all of them are ready at the same time.</summary>
    private async Task WhenDependenciesAreReadyAsync()
    {
        while (Dependencies.Exists(static service => !service.Ready.IsCompletedSuccessfully))
            await Task.WhenAll(Dependencies.Select(static service => service.Ready)).ConfigureAwait(false);
    }

    private static TaskCompletionSource NewSignal()
    {
        var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Nobody may be waiting for it when it fails.
        _ = signal.Task.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return signal;
    }
}
