using Tandem.Context;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>
/// The startup of a worker: the initializer, then the state. The first item that needs it runs it. After a failure, the next item tries
/// again.
/// </summary>
internal sealed class ThreadWorkerState
{
    private readonly ThreadEngine _engine; // the pool
    private readonly Action? _initialize; // the user's initializer; null for none
    private readonly Func<object?>? _factory; // builds the state; null for a pool without a state
    private Lazy<Outcome>? _outcome; // the current attempt; null if there is nothing to do

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

            // All lanes that waited for this attempt fail, each item with its own exception. Only one of them starts a new attempt.
            Interlocked.CompareExchange(ref _outcome, new Lazy<Outcome>(Build), tried);
            throw tried.Value.Part.ErrorFor(cause);
        }
    }

    /// <summary>The number of threads that use the state. Guarded by the engine's lock.</summary>
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
            // In the cultures of the pool's creator, as in processes, and without an activity.
            _engine.CreatorCultures?.Apply();
            _initialize?.Invoke();
            ambient.Reset();
            part = StartupPart.State;
            _engine.CreatorCultures?.Apply();
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

    /// <param name="State">The state; null after a failure, or if there is no factory.</param>
    /// <param name="Part">The last part that ran.</param>
    /// <param name="Cause">The exception of that part; null if it succeeded.</param>
    private sealed record Outcome(object? State, StartupPart Part, Exception? Cause);
}
