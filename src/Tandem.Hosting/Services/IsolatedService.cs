using Tandem.Supervision;

namespace Tandem.Hosting;

/// <summary>The state of one service in its supervisor, over all its runs. It changes only under the supervisor's lock.</summary>
/// <param name="registration">The service.</param>
/// <param name="context">What this host provides for services.</param>
/// <param name="time">The supervisor's clock.</param>
internal sealed class IsolatedService(ServiceRegistration registration, ServiceContext context, TimeProvider time)
{
    private volatile TaskCompletionSource _ready = NewSignal(); // completes when dependents may start; also read without the lock
    // delays starts after other programs killed the process
    private readonly RestartBudget _kills = new(int.MaxValue, TimeSpan.FromSeconds(30), time);
    private WorkerPool? _pool; // the pool that the last run left for the next one

    internal string Name => registration.Options.Name;

    internal RestartPolicy Restart => registration.Options.Restart;

    /// <summary>Services that this one needs.</summary>
    internal List<IsolatedService> Dependencies { get; } = [];

    /// <summary>Services that need this one.</summary>
    internal List<IsolatedService> Dependents { get; } = [];

    internal ServiceState State { get; private set; }

    /// <summary>The current run; null if there is none.</summary>
    internal ServiceRun? Run { get; private set; }

    internal int Restarts { get; set; }

    internal Exception? LastError { get; private set; }

    /// <summary>
    /// How long the next start waits because another program killed the process while the service was starting; null if its last run ended
    /// in another way. Such an exit says nothing about the service, and does not count as a restart.
    /// </summary>
    internal TimeSpan? DelayAfterKill { get; private set; }

    /// <summary>Completes when services that need this one may start; fails if that will never happen.</summary>
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

        Run = new ServiceRun(registration, context, TakePool(), WhenDependenciesAreReadyAsync(), time);
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
        // A service without a run has ended by itself, and its signal already says whether services that need it may start.
        if (Run is null)
            return;

        State = ServiceState.Stopping;
        if (_ready.Task.IsCompleted)
            _ready = NewSignal();
    }

    /// <summary>Takes the pool that the last run left for the next one.</summary>
    internal WorkerPool? TakePool()
    {
        WorkerPool? pool = _pool;
        _pool = null;
        return pool;
    }

    /// <summary>
    /// Called when a run has ended by itself: determines whether another program killed its process while the service was starting.
    /// </summary>
    internal void NoteEnd(Exception? error)
    {
        DelayAfterKill = null;
        if (State == ServiceState.Starting && error is WorkerCrashedException { EndedBy: EndedBy.Outside, IsOutOfMemorySuspected: false })
        {
            TimeSpan delay = _kills.OnKilled(inUserCode: true, out bool isFailure);
            DelayAfterKill = isFailure ? null : delay;
        }
    }

    /// <summary>Called when a run is over.</summary>
    internal void MarkEnded(ServiceState state, Exception? error)
    {
        _pool ??= Run?.TakePool();
        Run = null;
        State = state;
        LastError = error ?? LastError;
        if (state == ServiceState.Completed)
            _ready.TrySetResult(); // the work for which other services need it is done
        else if (_ready.Task.IsCompletedSuccessfully)
            _ready = NewSignal();

        if (state == ServiceState.Failed)
        {
            _ready.TrySetException(
                new InvalidOperationException($"Service '{Name}', which others depend on, has failed and will not be restarted.", error));
        }
    }

    /// <summary>Completes when all dependencies are ready at the same time.</summary>
    private async Task WhenDependenciesAreReadyAsync()
    {
        while (Dependencies.Exists(static service => !service.Ready.IsCompletedSuccessfully))
            await Task.WhenAll(Dependencies.Select(static service => service.Ready)).ConfigureAwait(false);
    }

    private static TaskCompletionSource NewSignal()
    {
        var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Observe the exception, because no caller may be waiting.
        _ = signal.Task.ContinueWith(
            static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return signal;
    }
}
