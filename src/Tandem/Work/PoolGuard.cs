using Tandem.BackgroundWork;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>
/// Ends a pool that the program has dropped without disposing it. Only the pool refers to the guard, and the engine, its threads and its
/// workers do not refer to the pool. So the guard is collected together with the pool, and its finalizer drains the engine: calls that were
/// submitted are completed.
/// </summary>
internal sealed class PoolGuard : IDisposable
{
    /// <summary>
    /// Engines that have not ended. An engine refers to objects with finalizers, so it must stay alive until the guard's finalizer has run.
    /// </summary>
    private static readonly HashSet<PoolEngine> Alive = [];

    private readonly PoolEngine _engine; // drained by the finalizer

    internal PoolGuard(PoolEngine engine)
    {
        _engine = engine;
        lock (Alive)
            Alive.Add(engine);
    }

    ~PoolGuard() => Background.Queue(static engine => _ = DrainAsync(engine), _engine);

    /// <summary>Called when the program ends the pool itself.</summary>
    public void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Called when the engine has ended.</summary>
    internal static void Release(PoolEngine engine)
    {
        lock (Alive)
            Alive.Remove(engine);
    }

    private static async Task DrainAsync(PoolEngine engine)
    {
        try
        {
            Instruments.Remove(engine);
            await engine.StopAsync(StopMode.Drain).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            engine.LogBackground("The pool was dropped without being disposed, and an error occurred while it was ended.", e);
        }
    }
}
