using Tandem.Context;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>
/// What a worker is before its first item: initialized, with its state. Built by the first item that needs it, or not at all; what failed is
/// tried again by the next one.
/// </summary>
internal sealed class ThreadWorkerState
{
    private readonly ThreadEngine _engine;
    private readonly Action? _initialize;
    private readonly Func<object?>? _factory;
    private Lazy<Outcome>? _outcome;

    internal ThreadWorkerState(ThreadEngine engine, Func<object?>? factory)
    {
        _engine = engine;
        Action? initialize = _initialize = engine.Options.InitializeWorker;
        _factory = factory;
        if (initialize is not null || factory is not null)
            _outcome = new Lazy<Outcome>(Build);
    }

    /// <exception cref="WorkerStartException">The initializer or the factory failed.</exception>
    internal object? Value
    {
        get
        {
            if (Volatile.Read(ref _outcome) is not { } tried)
                return null;

            if (tried.Value.Cause is not { } cause)
                return tried.Value.State;

            // Lanes that waited for this try fail with it, each item with an exception of its own; only one of them replaces it.
            Interlocked.CompareExchange(ref _outcome, new Lazy<Outcome>(Build), tried);
            throw tried.Value.Part.ErrorFor(cause);
        }
    }

    /// <summary>Under the engine's lock: threads that use it.</summary>
    internal int Users { get; set; }

    internal async ValueTask DisposeAsync()
    {
        if (_outcome is not { IsValueCreated: true } built)
            return;

        if (built.Value.State is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync().ConfigureAwait(false);
        else if (built.Value.State is IDisposable disposable)
            disposable.Dispose();
    }

    private Outcome Build()
    {
        StartupPart part = StartupPart.Initializer;
        AmbientState ambient = AmbientState.OfThread;
        try
        {
            // In the cultures of who made the pool, as in processes, and in nobody's trace.
            _engine.MakersCultures?.Apply();
            _initialize?.Invoke();
            ambient.Reset();
            part = StartupPart.State;
            _engine.MakersCultures?.Apply();
            return new Outcome(_factory?.Invoke(), part, null);
        }
        catch (Exception e)
        {
            return new Outcome(null, part, e);
        }
        finally
        {
            ambient.Reset();
        }
    }

    /// <param name="State">Null after a failure, and where there is no factory.</param>
    /// <param name="Part">How far it came.</param>
    /// <param name="Cause">Why it did not come further; null when it is done.</param>
    private sealed record Outcome(object? State, StartupPart Part, Exception? Cause);
}
