using System.Diagnostics;

namespace Tandem.Hosting;

/// <summary>
/// Starts, watches, restarts and stops the services of one supervisor, as in Erlang's supervisors
/// (https://www.erlang.org/doc/system/sup_princ.html): restart policies, strategies, and a limit of restarts in a period.
/// </summary>
internal sealed class ServiceSupervisor
{
    private readonly Lock _lock = new(); // guards the services' state and the fields below
    private readonly List<IsolatedService> _services; // in the order of registration
    private readonly ServiceSupervisorOptions _options; // the strategy and the limit
    private readonly TimeProvider _time; // the supervisor's clock
    private readonly ServiceEvents _events; // reports events
    private readonly Action<ServiceRestartLimitException> _escalate; // called once, when the restart limit was reached
    private readonly RestartLimit _limit; // counts the restarts of all services together
    // completes when the restart limit was reached and all services have stopped
    private readonly TaskCompletionSource<ServiceRestartLimitException> _exhausted =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    // at most one operation at a time that stops several services: a restart of a group, or the final stop
    private readonly SemaphoreSlim _turn = new(1);
    private bool _stopping; // whether no service may be started any more
    private bool _givesUp; // whether the restart limit was reached

    /// <param name="services">The services, in the order of registration.</param>
    /// <param name="options">The strategy and the limit.</param>
    /// <param name="time">The clock by which restarts are counted and delayed.</param>
    /// <param name="events">Reports events.</param>
    /// <param name="escalate">Called once, when the restart limit was reached and the services have stopped.</param>
    internal ServiceSupervisor(
        List<IsolatedService> services,
        ServiceSupervisorOptions options,
        TimeProvider time,
        ServiceEvents events,
        Action<ServiceRestartLimitException> escalate)
    {
        _services = services;
        _options = options;
        _time = time;
        _limit = new RestartLimit(options.MaxRestarts, options.RestartPeriod, time);
        _events = events;
        _escalate = escalate;
    }

    internal IReadOnlyList<ServiceSnapshot> Snapshot()
    {
        lock (_lock)
            return [.. _services.Select(static service => service.Snapshot())];
    }

    /// <summary>Starts the services; completes when all are ready.</summary>
    /// <exception cref="ServiceRestartLimitException">The restart limit was reached.</exception>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            StartAll(_services);

        Task ready = Task.WhenAll(_services.Select(WhenSettledAsync));
        // The token belongs to the host, which is also told to stop when the restart limit is reached.
        Task settled = Task.WhenAny(ready, _exhausted.Task).WaitAsync(cancellationToken);
        await settled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (!_givesUp)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return;
            }
        }

        // This completes when all services have stopped.
        throw await _exhausted.Task.ConfigureAwait(false);
    }

    /// <summary>Stops the services: each one after the services that need it, and independent ones at the same time.</summary>
    internal async Task StopAsync()
    {
        lock (_lock)
            _stopping = true;

        await StopInTurnAsync().ConfigureAwait(false);
        // If the restart limit is reached at this moment, wait until the reason is reported.
        if (Volatile.Read(ref _givesUp))
            await _exhausted.Task.ConfigureAwait(false);
    }

    private async Task StopInTurnAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await StopAllAsync(_services).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Completes when the service is ready, or has failed permanently.</summary>
    private static async Task WhenSettledAsync(IsolatedService service)
    {
        await service.Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void StartAll(IEnumerable<IsolatedService> services)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        foreach (IsolatedService service in services)
        {
            Raise(ServiceEventKind.Starting, service.Name, 0, null);
            _ = WatchAsync(service, service.Start());
        }
    }

    /// <summary>Follows a run from its start to its end.</summary>
    private async Task WatchAsync(IsolatedService service, ServiceRun run)
    {
        if (await Task.WhenAny(run.Ready, run.Ended).ConfigureAwait(false) == run.Ready)
            OnReady(service, run);

        Exception? error = await run.Ended.ConfigureAwait(false);
        // The service may have been ready for a moment only.
        if (run.Ready.IsCompleted)
            OnReady(service, run);

        if (run.IsAskedToStop)
        {
            OnStopped(service, run, error);
            return;
        }

        List<IsolatedService>? others;
        lock (_lock)
        {
            if (service.Run != run)
                return;

            others = OnEnded(service, run, error);
        }

        if (others is null)
            await ReleaseAsync(service).ConfigureAwait(false);
        else
            await RestartAsync(service, others, error).ConfigureAwait(false);
    }

    /// <summary>Stops a process that was started for a next run that will not happen.</summary>
    private async Task ReleaseAsync(IsolatedService service)
    {
        WorkerPool? pool;
        lock (_lock)
            pool = service.TakePool();

        if (pool is not null)
            await pool.StopAsync().ConfigureAwait(false);
    }

    private void OnReady(IsolatedService service, ServiceRun run)
    {
        lock (_lock)
        {
            if (service.Run != run || service.State != ServiceState.Starting)
                return;

            service.MarkReady();
            Raise(ServiceEventKind.Ready, service.Name, run.ProcessId, null);
        }
    }

    /// <summary>
    /// Called when a service has ended by itself: returns the services to restart; null if there are none.
    /// </summary>
    private List<IsolatedService>? OnEnded(IsolatedService service, ServiceRun run, Exception? error)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        ServiceEventKind kind = error switch
        {
            null => ServiceEventKind.Completed,
            WorkerCrashedException => ServiceEventKind.Crashed,
            _ => ServiceEventKind.Failed,
        };
        Raise(kind, service.Name, (error as WorkerCrashedException)?.ProcessId ?? run.ProcessId, error);
        service.NoteEnd(error);
        // A service that it depends on has failed permanently, so this one is not restarted.
        bool isLost = service.Dependencies.Exists(static dependency => dependency.State == ServiceState.Failed);
        bool restarts = !isLost && service.Restart switch
        {
            RestartPolicy.Permanent => true,
            RestartPolicy.Transient => error is not null,
            _ => false,
        };
        if (!restarts)
        {
            service.MarkEnded(error is null ? ServiceState.Completed : ServiceState.Failed, error);
            return null;
        }

        service.MarkEnded(ServiceState.Stopped, error);
        // The supervisor is stopping, so the service is not restarted.
        if (_stopping)
            return null;

        return _options.Strategy switch
        {
            SupervisionStrategy.OneForAll => _services,
            SupervisionStrategy.RestForOne => _services[_services.IndexOf(service)..],
            _ => [service],
        };
    }

    private async Task RestartAsync(IsolatedService service, List<IsolatedService> affected, Exception? error)
    {
        if (service.DelayAfterKill is { } delay && delay > TimeSpan.Zero)
            await Task.Delay(delay, _time).ConfigureAwait(false);

        // A restart waits for other restarts only if it stops other services.
        bool takesTurn = _options.Strategy != SupervisionStrategy.OneForOne;
        if (takesTurn)
            await _turn.WaitAsync().ConfigureAwait(false);
        bool isAllowed;
        try
        {
            lock (_lock)
            {
                // Another restart may have included this service meanwhile.
                if (_stopping || service.Run is not null)
                    return;

                isAllowed = service.DelayAfterKill is not null || _limit.TryCount();
                if (!isAllowed)
                {
                    _stopping = _givesUp = true;
                    service.MarkEnded(ServiceState.Failed, error);
                }
            }

            if (isAllowed)
                await RestartAsync(service, affected).ConfigureAwait(false);
        }
        finally
        {
            if (takesTurn)
                _turn.Release();
        }

        if (!isAllowed)
        {
            await GiveUpAsync(
                new ServiceRestartLimitException(service.Name, _options.MaxRestarts, _options.RestartPeriod, error)).ConfigureAwait(false);
        }
    }

    private async Task RestartAsync(IsolatedService service, List<IsolatedService> affected)
    {
        await StopAllAsync(affected.FindAll(other => other != service)).ConfigureAwait(false);
        lock (_lock)
        {
            if (_stopping)
                return;

            service.Restarts++;
            StartAll(affected.Where(one => one.Run is null && (one == service || one.State == ServiceState.Stopped)));
        }
    }

    private async Task GiveUpAsync(ServiceRestartLimitException reason)
    {
        Raise(ServiceEventKind.RestartLimitReached, reason.Service, 0, reason);
        try
        {
            await StopInTurnAsync().ConfigureAwait(false);
        }
        finally
        {
            _escalate(reason);
            _exhausted.TrySetResult(reason);
        }
    }

    /// <summary>Stops services in reverse order: each one when those of them that need it have stopped.</summary>
    private Task StopAllAsync(List<IsolatedService> services)
    {
        var stops = new Dictionary<IsolatedService, Task>();
        for (int i = services.Count - 1; i >= 0; i--)
        {
            IsolatedService service = services[i];
            // Dependents come later in the list, so their tasks already exist.
            Task[] before = [.. service.Dependents.Where(stops.ContainsKey).Select(dependent => stops[dependent])];
            stops.Add(service, StopAsync(service, before));
        }

        return Task.WhenAll(stops.Values);
    }

    private async Task StopAsync(IsolatedService service, Task[] before)
    {
        await Task.WhenAll(before).ConfigureAwait(false);
        ServiceRun? run;
        lock (_lock)
        {
            run = service.Run;
            service.MarkStopping();
        }

        if (run is not null)
        {
            run.Stop();
            Exception? error = await run.Ended.ConfigureAwait(false);
            OnStopped(service, run, error);
        }

        // The service may have crashed a moment before it was told to stop.
        await ReleaseAsync(service).ConfigureAwait(false);
    }

    /// <summary>Reports that a run was stopped. Two callers may notice it; the first one reports it.</summary>
    private void OnStopped(IsolatedService service, ServiceRun run, Exception? error)
    {
        lock (_lock)
        {
            if (service.Run != run)
                return;

            service.MarkEnded(ServiceState.Stopped, error);
            // Under the lock, so that it comes before what happens next. Handlers and loggers run later, without it.
            Raise(ServiceEventKind.Stopped, service.Name, run.ProcessId, error);
        }
    }

    private void Raise(ServiceEventKind kind, string service, int processId, Exception? error) =>
        _events.Raise(new ServiceEvent { Kind = kind, Service = service, Time = _time.GetUtcNow(), ProcessId = processId, Error = error });
}
