using Tandem.Hosting.Child;

namespace Tandem.Hosting;

/// <summary>
/// One run of a service, from its start until it has ended: a pool with one worker, and one work item, which is the service's host.
/// So a service's process is launched, watched, stopped and killed by what does it for work items.
/// </summary>
internal sealed class ServiceRun : IProgress<ServiceReport>
{
    private readonly ServiceRegistration _registration;
    private readonly ServiceContext _context;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _processId;

    internal ServiceRun(ServiceRegistration registration, ServiceContext context, Task prerequisites)
    {
        _registration = registration;
        _context = context;
        Ended = RunAsync(prerequisites);
    }

    /// <summary>Completes when the service is ready; never, when it ends before.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>Completes when the service has ended and its process is gone; with its error, if it ended with one.</summary>
    internal Task<Exception?> Ended { get; }

    internal int ProcessId => Volatile.Read(ref _processId);

    /// <summary>Whether its supervisor stops it; then its end is no news.</summary>
    internal bool IsToldToStop { get; private set; }

    internal void Stop()
    {
        IsToldToStop = true;
        _stop.Cancel();
    }

    /// <summary>From the service's host, in order.</summary>
    public void Report(ServiceReport value)
    {
        if (value.Log is { } log)
            _context.Relay.Write(log, _registration.Options.Name, ProcessId);
        else if (!_stop.IsCancellationRequested)
            _ready.TrySetResult();
    }

    private async Task<Exception?> RunAsync(Task prerequisites)
    {
        // The supervisor must have noted this run before anything happens to it.
        await Task.Yield();
        try
        {
            await prerequisites.WaitAsync(_stop.Token).ConfigureAwait(false);
            await using WorkerPool pool = CreatePool();
            await RunOnAsync(pool).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
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
            await Task.WhenAny(_ready.Task, end).WaitAsync(options.StartTimeout, _stop.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await WithinGraceAsync(end).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            throw new TimeoutException(
                $"Service '{options.Name}' was not ready within {options.StartTimeout} ({nameof(IsolatedServiceOptions)}.{nameof(IsolatedServiceOptions.StartTimeout)})"
                + (options.SignalsReadiness ? $"; it has to call {nameof(IServiceReadiness)}.{nameof(IServiceReadiness.SetReady)}." : "."));
        }
        catch (OperationCanceledException)
        {
            // Told to stop: the service sees the token too, and ends.
        }
    }

    /// <summary>A process is killed when it does not stop in time; a thread can only be left behind.</summary>
    private async Task WithinGraceAsync(Task end)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = _stop.Token.UnsafeRegister(static stopped => ((TaskCompletionSource)stopped!).TrySetResult(), stopped);
        await Task.WhenAny(end, stopped.Task).ConfigureAwait(false);
        await end.WaitAsync(_context.ShutdownTimeoutOf(_registration.Options) + ServiceContext.Slack).ConfigureAwait(false);
    }

    private WorkerPool CreatePool()
    {
        var options = new WorkerPoolOptions { LoggerFactory = _context.LoggerFactory };
        _registration.Options.ConfigureWorker?.Invoke(options);
        options.Isolation = _registration.Isolation;
        options.Name = _registration.Options.Name;
        options.Workers = 1;
        options.ConcurrencyPerWorker = 1;
        options.SpareWorkers = 0;
        options.CancellationGrace = _context.ShutdownTimeoutOf(_registration.Options) + ServiceContext.Slack;
        foreach ((string name, string? value) in _registration.Options.Environment)
            options.Environment[name] = value;

        var pool = WorkerPool.Create(options);
        if (_registration.Isolation == Isolation.Thread)
            _processId = Environment.ProcessId;
        else
            pool.WorkerChanged += (_, change) => Volatile.Write(ref _processId, change.Kind == WorkerEventKind.Started ? change.WorkerId : _processId);

        return pool;
    }
}
