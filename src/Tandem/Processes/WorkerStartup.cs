namespace Tandem.Processes;

/// <summary>
/// What each worker process runs before it is ready: the initializer, then the state factory, as far as the pool has them.
/// </summary>
internal sealed class WorkerStartup
{
    private readonly List<StartupStep> _steps = [];

    /// <exception cref="WorkSerializationException">A value that one of them captures cannot travel.</exception>
    internal WorkerStartup(WorkerPoolOptions options, Func<StartupStep>? factory)
    {
        try
        {
            if (options.InitializeWorker is { } initialize)
                _steps.Add(StartupStep.Initializer(initialize));
            if (factory is not null)
                _steps.Add(factory());
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>In the order in which they run.</summary>
    internal IReadOnlyList<StartupStep> Steps => _steps;

    /// <summary>No worker will start any more.</summary>
    internal void Release() => _steps.ForEach(static step => step.Release());
}
