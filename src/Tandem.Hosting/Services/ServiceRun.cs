using System.Diagnostics.CodeAnalysis;
using Tandem.Hosting.Child;

namespace Tandem.Hosting;

/// <summary>
/// One run of a service, from its start until it has ended: one work item of a pool with one worker, which is the service's host.
/// So a service's process is launched, watched, stopped and killed by what does it for work items.
/// </summary>
internal sealed class ServiceRun : IProgress<ServiceReport>
{
    private readonly ServiceRegistration _registration;
    private readonly ServiceContext _context;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkerPool? _pool;
    private int _processId;

    /// <param name="registration">The service.</param>
    /// <param name="context">What it gets from this host.</param>
    /// <param name="pool">What the run before left, if it did.</param>
    /// <param name="prerequisites">What to wait for.</param>
    internal ServiceRun(ServiceRegistration registration, ServiceContext context, WorkerPool? pool, Task prerequisites)
    {
        _registration = registration;
        _context = context;
        _pool = pool;
        Ended = RunAsync(prerequisites);
    }

    /// <summary>Completes when the service is ready; never, when it ends before.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>Completes when the service has ended and its process is gone; with its error, if it ended with one.</summary>
    internal Task<Exception?> Ended { get; }

    /// <summary>0 until its host has come up.</summary>
    internal int ProcessId => Volatile.Read(ref _processId);

    /// <summary>Takes the pool of a run that has ended by a crash: it has a new process by now, or starts one.</summary>
    internal WorkerPool? TakePool() => Interlocked.Exchange(ref _pool, null);

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
        Volatile.Write(ref _processId, value.ProcessId);
        if (value.Log is { } log)
            _context.Relay.Write(log, _registration.Options.Name, value.ProcessId);
        else if (value.IsReady && !_stop.IsCancellationRequested)
            _ready.TrySetResult();
    }

    private async Task<Exception?> RunAsync(Task prerequisites)
    {
        // The supervisor must have noted this run before anything happens to it; never on a caller's synchronization context.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Exception? error = null;
        try
        {
            await prerequisites.WaitAsync(_stop.Token).ConfigureAwait(false);
            await RunOnAsync(_pool ??= CreatePool()).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // As it was told.
        }
        catch (Exception e)
        {
            error = e;
        }

        // A process is never used for a second run, so only a crash leaves a pool that the next run can use.
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
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Not a time: it completes when the token is cancelled.")]
    private async Task WithinGraceAsync(Task end)
    {
        await Task.WhenAny(end, Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token)).ConfigureAwait(false);
        await end.WaitAsync(_context.ShutdownTimeoutOf(_registration.Options) + ServiceContext.Slack).ConfigureAwait(false);
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
