using Tandem.Interop;
using Tandem.Serve.Protocol;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <summary>
/// Shows in intervals that the process runs, and checks what has to be checked regularly: the thread pool, the end of the start, and
/// whether the supervisor is still there. Used by one thread.
/// </summary>
internal sealed class Heartbeat
{
    /// <summary>For how many heartbeats to search for the socket threads, until they exist.</summary>
    private const int MaxSearches = 240;

    private readonly PublishedState _own; // where the heartbeat is published
    private readonly WorkerSettings _settings; // the supervisor, and what the worker does without it
    private readonly PoolMonitor _pool; // checks the thread pool
    private readonly DrainState _drain; // whether the worker drains
    private readonly Drainer _drainer; // makes it drain when the supervisor is gone
    private readonly ProfileKeeper _profile; // writes the start profile when the start ends
    private readonly Func<StickyRouting?> _sticky; // has data of workers that may be gone; null if any worker may serve any client
    private readonly TimeProvider _time; // the worker's clock
    private bool _isOrphan; // whether the supervisor is gone
    private long _startEnds = long.MaxValue; // when the start ends, in milliseconds of the clock
    private int _socketThreadSearches; // for how many more heartbeats

    internal Heartbeat(
        PublishedState own,
        WorkerSettings settings,
        PoolMonitor pool,
        DrainState drain,
        Drainer drainer,
        ProfileKeeper profile,
        Func<StickyRouting?> sticky,
        TimeProvider time)
    {
        _own = own;
        _settings = settings;
        _pool = pool;
        _drain = drain;
        _drainer = drainer;
        _profile = profile;
        _sticky = sticky;
        _time = time;
        _socketThreadSearches = settings.HasOneProcessor ? MaxSearches : 0;
    }

    /// <summary>Called when the worker begins to accept connections: the start lasts a little longer.</summary>
    internal void OnAccepts() => _startEnds = _time.GetMilliseconds() + (long)ServeProtocol.StartTime.TotalMilliseconds;

    internal void Beat()
    {
        Volatile.Write(ref _own.Entry.AliveAt, _time.GetMilliseconds());
        _pool.Check();
        _sticky()?.Prune();
        if (_time.GetMilliseconds() >= _startEnds && !_drain.IsDraining)
        {
            _startEnds = long.MaxValue;
            _profile.Keep();
        }

        if (_socketThreadSearches > 0 && Volatile.Read(ref _own.Entry.Accepted) > 0)
            _socketThreadSearches = SocketThreads.UseBatchScheduling() ? 0 : _socketThreadSearches - 1;

        if (_isOrphan)
            _drainer.ExitWhenOverdue();
        if (_isOrphan || Libc.GetParentPid() == _settings.Supervisor)
            return;

        _isOrphan = true;
        if (_settings.KeepsServing)
            return;

        // All workers of that supervisor exit, and no other one will accept the connections that wait.
        _drain.EmptiesQueue = true;
        _drainer.Drain();
    }
}
