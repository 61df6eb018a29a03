using Tandem.BackgroundWork;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>
/// Ends a pool that its users have forgotten. Only the pool refers to it, and nothing that the engine, its threads and its workers hold
/// refers to the pool, so that it is collected with the pool, and the engine drains: calls that were submitted are finished.
/// </summary>
internal sealed class PoolGuard : IDisposable
{
    /// <summary>Engines that have not ended. They use what has finalizers of its own, so they must not be collected before the guard's has run.</summary>
    private static readonly HashSet<PoolEngine> Alive = [];

    private readonly PoolEngine _engine;

    internal PoolGuard(PoolEngine engine)
    {
        _engine = engine;
        lock (Alive)
            Alive.Add(engine);
    }

    ~PoolGuard() => Background.Queue(static engine => _ = DrainAsync(engine), _engine);

    /// <summary>Somebody ends the pool.</summary>
    public void Dispose() => GC.SuppressFinalize(this);

    /// <summary>The engine has ended.</summary>
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
            engine.LogBackground("The pool was forgotten, and could not be ended.", e);
        }
    }
}
