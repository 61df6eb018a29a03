using Tandem.BackgroundWork;
using Tandem.Invocation;
using Tandem.Launch;
using Tandem.Serialization;
using Tandem.Work;

namespace Tandem.WarmUp;

/// <summary>
/// Warm-up in the process that has the pool: while something else takes time, it loads and compiles the code that the first call will
/// need. Nothing depends on it but time, so all that it throws is dropped: the call itself will meet the same problem and report it.
/// </summary>
internal sealed class PoolWarmUp : IStartObserver
{
    private const int MaxRecentMethods = 32;

    private static bool s_hasLoaded; // whether a pool of this process has warmed up what all pools share

    private readonly Lock _lock; // the engine's
    private readonly bool _hasSpares;
    private readonly Func<RemoteMethod?> _firstWaiting;
    private readonly Action<ICallTask, RemoteMethod, PayloadReader> _settle;
    private readonly List<RemoteMethod> _recentMethods = []; // what a new spare compiles; guarded by _lock
    private bool _hasSettled; // whether the end of an item was warmed up; set once, by compare-and-set

    /// <param name="options">The pool's.</param>
    /// <param name="launcher">Starts the pool's workers.</param>
    /// <param name="startsAtOnce">Whether a worker is started at once, which must not wait for warm-up.</param>
    /// <param name="firstWaiting">Returns what the first item in the queue calls; null for none. Called under the lock.</param>
    /// <param name="settle">Settles an item that nobody waits for, as the result of a worker would.</param>
    /// <param name="gate">The engine's lock.</param>
    internal PoolWarmUp(
        ProcessPoolOptions options, WorkerLauncher launcher, bool startsAtOnce, Func<RemoteMethod?> firstWaiting,
        Action<ICallTask, RemoteMethod, PayloadReader> settle, Lock gate)
    {
        _lock = gate;
        _hasSpares = options.SpareWorkers > 0;
        _firstWaiting = firstWaiting;
        _settle = settle;
        if (!Interlocked.Exchange(ref s_hasLoaded, true))
            launcher.Post(() => Load(launcher, startsAtOnce));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The worker can find the method of the first item while this process is notified that the worker has connected. Meanwhile the first
    /// result is warmed up, on a thread of the thread pool, which will also run the caller's continuation.
    /// </remarks>
    void IStartObserver.OnStarted(IMethodTarget worker)
    {
        RemoteMethod? first = null;
        bool wake = false;
        lock (_lock)
        {
            if (worker.IsStarting && _firstWaiting() is { } waiting)
            {
                wake = worker.TryDefine(waiting, isAhead: false) && worker.Flush();
                first = waiting;
            }
        }

        if (wake)
            worker.Wake();
        if (first is not null && !Interlocked.Exchange(ref _hasSettled, true))
            Background.Queue(Settle, first);
    }

    /// <inheritdoc/>
    /// <remarks>The spare compiles what the pool has called recently.</remarks>
    bool IStartObserver.OnSpareReady(IMethodTarget spare)
    {
        System.Diagnostics.Debug.Assert(_lock.IsHeldByCurrentThread);
        foreach (RemoteMethod remoteMethod in _recentMethods.ToArray())
        {
            if (!spare.TryDefine(remoteMethod, isAhead: true))
                break;
        }

        return spare.Flush();
    }

    /// <inheritdoc/>
    void IStartObserver.OnMethodDefined(RemoteMethod remoteMethod)
    {
        System.Diagnostics.Debug.Assert(_lock.IsHeldByCurrentThread);
        if (!_hasSpares || _recentMethods.Contains(remoteMethod))
            return;

        if (_recentMethods.Count == MaxRecentMethods)
            _recentMethods.RemoveAt(0);
        _recentMethods.Add(remoteMethod);
    }

    /// <summary>
    /// For the first pool of a process: loads what its first item needs, on the launcher's thread, while the caller creates the pool and
    /// the item.
    /// </summary>
    private static void Load(WorkerLauncher launcher, bool startsAtOnce)
    {
        PoolEngine.OnEmptyContext();
        if (startsAtOnce)
            return;

        try
        {
            _ = RemoteMethod.Of(static () => { }, PlainAdapter<VoidResult>.Instance);
            launcher.WarmUp();
        }
        catch (Exception)
        {
            // The first call or start will report it.
        }
    }

    private void Settle(RemoteMethod first)
    {
        try
        {
            first.Adapter.Accept(new ResultWarmUp(first, _settle));
        }
        catch (Exception)
        {
            // The first item will report it.
        }
    }
}
