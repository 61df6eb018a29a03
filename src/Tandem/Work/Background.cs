namespace Tandem.Work;

/// <summary>
/// Work of a pool on timers and on the thread pool. An exception there would end the user's process, so it is logged instead. Nothing of
/// the context of whoever happens to start it flows there, or is kept alive by it.
/// </summary>
internal static class Background
{
    /// <summary>Runs an action now, on a thread that has nobody to throw to.</summary>
    internal static void Run<TState>(PoolEngine pool, TState state, Action<TState> action)
    {
        try
        {
            action(state);
        }
        catch (Exception e)
        {
            pool.LogBackground("Work in the background failed.", e);
        }
    }

    /// <summary>Runs an action on the thread pool.</summary>
    internal static void Queue<TState>(PoolEngine pool, TState state, Action<TState> action) =>
        ThreadPool.UnsafeQueueUserWorkItem(static call => Run(call.pool, call.state, call.action), (pool, state, action), preferLocal: false);

    /// <summary>Runs an action on a timer: once, or again and again.</summary>
    internal static ITimer Timer(PoolEngine pool, Action action, TimeSpan due, TimeSpan? period = null)
    {
        bool flows = !ExecutionContext.IsFlowSuppressed();
        if (flows)
            ExecutionContext.SuppressFlow();
        try
        {
            return TimeProvider.System.CreateTimer(
                _ => Run(pool, action, static action => action()), null, due, period ?? Timeout.InfiniteTimeSpan);
        }
        finally
        {
            if (flows)
                ExecutionContext.RestoreFlow();
        }
    }
}
