namespace Tandem.Threading;

/// <summary>The state of one worker, built by the first item that needs it, or not at all.</summary>
internal sealed class ThreadWorkerState(Func<object?>? factory)
{
    private readonly Lazy<object?>? _value = factory is null ? null : new Lazy<object?>(factory, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <exception cref="WorkerStartException">The factory failed.</exception>
    internal object? Value
    {
        get
        {
            try
            {
                return _value?.Value;
            }
            catch (Exception e)
            {
                throw new WorkerStartException($"The state of a worker could not be built: {e.Message}", e);
            }
        }
    }

    internal async ValueTask DisposeAsync()
    {
        if (_value is not { IsValueCreated: true })
            return;

        if (_value.Value is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync().ConfigureAwait(false);
        else if (_value.Value is IDisposable disposable)
            disposable.Dispose();
    }
}

/// <summary>One thread that runs items until its pool ends.</summary>
internal sealed class ThreadWorker
{
    private readonly ThreadEngine _engine;
    private readonly Thread _thread;

    internal ThreadWorker(ThreadEngine engine, ThreadWorkerState state, string name)
    {
        _engine = engine;
        State = state;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    internal ThreadWorkerState State { get; }

    internal void Start() => _thread.Start();

    private void Run()
    {
        try
        {
            while (_engine.Take() is { } item)
            {
                try
                {
                    item.Form.RunLocally(item, State.Value, _engine.Aborted);
                }
                catch (Exception e)
                {
                    item.SetException(e);
                }
            }
        }
        finally
        {
            _engine.WorkerEnded();
        }
    }
}
