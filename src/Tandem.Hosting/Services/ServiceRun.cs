using Tandem.Hosting.Child;

namespace Tandem.Hosting;

/// <summary>
/// One run of a service, from its start to its end. It is one work item of a pool with one worker, and the item runs the service's host. So
/// the pool's code launches, watches, stops and kills the service's process.
/// </summary>
internal sealed class ServiceRun : IProgress<ServiceReport>
{
    private readonly ServiceRegistration _registration; // the service
    private readonly ServiceContext _context; // what this host provides for services
    private readonly TimeProvider _time; // the supervisor's clock
    private readonly CancellationTokenSource _stop = new(); // cancelled when the run is told to stop
    private readonly TaskCompletionSource _ready =
        new(TaskCreationOptions.RunContinuationsAsynchronously); // completes when the service is ready
    private WorkerPool? _pool; // runs the service; null before, and after it was taken
    private int _processId; // 0 until the service's host has started

    /// <param name="registration">The service.</param>
    /// <param name="context">What this host provides for services.</param>
    /// <param name="pool">The pool that the previous run left; null if there is none.</param>
    /// <param name="prerequisites">Completes when the service may start.</param>
    /// <param name="time">The supervisor's clock.</param>
    internal ServiceRun(ServiceRegistration registration, ServiceContext context, WorkerPool? pool, Task prerequisites, TimeProvider time)
    {
        _registration = registration;
        _context = context;
        _pool = pool;
        _time = time;
        Ended = RunAsync(prerequisites);
    }

    /// <summary>Completes when the service is ready; never, if the run ends before.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>Completes when the service has ended and its process is gone; the result is its error, or null.</summary>
    internal Task<Exception?> Ended { get; }

    /// <summary>The process id; 0 until the service's host has started.</summary>
    internal int ProcessId => Volatile.Read(ref _processId);

    /// <summary>Takes the pool of a run that has crashed, which already has a new process, or is starting one.</summary>
    internal WorkerPool? TakePool() => Interlocked.Exchange(ref _pool, null);

    /// <summary>Whether its supervisor has told it to stop, so that its end is expected.</summary>
    internal bool IsAskedToStop { get; private set; }

    internal void Stop()
    {
        IsAskedToStop = true;
        _stop.Cancel();
    }

    /// <summary>Handles a report of the service's host; reports arrive in order.</summary>
    public void Report(ServiceReport value)
    {
        Volatile.Write(ref _processId, value.ProcessId);
        if (value.Log is { } log)
            _context.Relay.Write(log, _registration.Options.Name, value.ProcessId);
        else if (value.IsReady && !_stop.IsCancellationRequested)
            _ready.TrySetResult();
    }

    private async Task<Exception?> RunAsync(Task prerequisites)
    {
        // Yields first: the supervisor must have stored this run before anything happens to it, and nothing may run on a caller's
        // synchronization context.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Exception? error = null;
        try
        {
            await prerequisites.WaitAsync(_stop.Token).ConfigureAwait(false);
            await RunOnAsync(_pool ??= CreatePool()).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The run was told to stop.
        }
        catch (Exception e)
        {
            error = e;
        }

        // A process never runs a service twice, so only a crash leaves a pool that the next run can use.
        bool isReusable = error is WorkerCrashedException && !_stop.IsCancellationRequested;
        if (!isReusable && TakePool() is { } pool)
            await pool.DisposeAsync().ConfigureAwait(false);

        return error;
    }

    private async Task RunOnAsync(WorkerPool pool)
    {
        IsolatedServiceOptions options = _registration.Options;
        Task end = _registration.Run(pool, _context.SpecOf(options, this), _stop.Token);
        await WhenReadyAsync(end).ConfigureAwait(false);
        if (_registration.Isolation == Isolation.Thread)
            end = WithinGraceAsync(end);

        await end.ConfigureAwait(false);
    }

    private async Task WhenReadyAsync(Task end)
    {
        IsolatedServiceOptions options = _registration.Options;
        try
        {
            await Task.WhenAny(_ready.Task, end).WaitAsync(options.StartTimeout, _time, _stop.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await WithinGraceAsync(end).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            throw new TimeoutException(
                $"Service '{options.Name}' was not ready within {options.StartTimeout} "
                + $"({nameof(IsolatedServiceOptions)}.{nameof(IsolatedServiceOptions.StartTimeout)})"
                + (options.SignalsReadiness ? $"; it has to call {nameof(IServiceReadiness)}.{nameof(IServiceReadiness.SetReady)}." : "."));
        }
        catch (OperationCanceledException)
        {
            // The run was told to stop. The service gets the token as well, and ends.
        }
    }

    /// <summary>
    /// Waits for the service to stop within its grace period. A process that does not stop in time is killed; a thread can only be
    /// abandoned.
    /// </summary>
    private async Task WithinGraceAsync(Task end)
    {
        await Task.WhenAny(end, Task.Delay(Timeout.InfiniteTimeSpan, _time, _stop.Token)).ConfigureAwait(false);
        await end.WaitAsync(_context.ShutdownTimeoutOf(_registration.Options) + ServiceContext.Slack, _time).ConfigureAwait(false);
    }

    private WorkerPool CreatePool()
    {
        WorkerPoolOptions options = WorkerPoolOptions.For(_registration.Isolation);
        options.LoggerFactory = _context.LoggerFactory;
        _registration.Options.ConfigureWorker?.Invoke(options);
        options.Name = _registration.Options.Name;
        options.MaxWorkers = 1;
        options.ConcurrencyPerWorker = 1;
        options.CancellationGrace = _context.ShutdownTimeoutOf(_registration.Options) + ServiceContext.Slack;
        if (options is ProcessPoolOptions process)
        {
            process.SpareWorkers = 0;
            foreach ((string name, string? value) in _registration.Options.Environment)
                process.Environment[name] = value;
        }

        return WorkerPool.Create(options);
    }
}
