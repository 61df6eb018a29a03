using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tandem.Interop;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <summary>
/// Accepts connections from a socket that all workers share, on a thread that blocks in accept. The kernel wakes such threads in turn; of
/// threads that wait through epoll, the first one that runs would accept all connections. In addition, a worker that has more connections
/// than another one lets the other one go first, for a wait.
/// </summary>
internal sealed class AcceptThread(ServedWorker worker, int descriptor, EndPoint endPoint, AcceptedConnections accepted)
    : IConnectionSource
{
    /// <summary>
    /// The basic number of sleeps for which a worker lets others go first. The wait is short, because the others may be idle or busy, and
    /// clients must not wait long.
    /// </summary>
    private const int BasicSleeps = 4;

    /// <summary>The maximum number of sleeps, if the worker is far ahead.</summary>
    private const int MaxSleeps = 40;

    private const int SleepLength = 100;

    /// <summary>How long the thread waits for its own thread pool before it checks the pool's progress.</summary>
    private const int WaitMilliseconds = 20;

    /// <summary>After this many such waits, it accepts one connection even if the pool makes no progress.</summary>
    private const int MaxWaits = 50;

    /// <summary>The queue length of the pool up to which a longer queue means that more connections are accepted without a wait.</summary>
    private const int MaxNoticedQueue = 256;

    /// <summary>How many work items may wait for the thread pool: enough for each of its threads to have a next one.</summary>
    private static readonly int MaxQueued = Environment.ProcessorCount;

    /// <summary>The same if no other worker could accept the connections, now or later.</summary>
    private static readonly int MaxQueuedAlone = 128 * Environment.ProcessorCount;

    private readonly ThreadPoolBarrier _barrier = new(); // waits for the pool
    private readonly AcceptedSocket _sockets = new(descriptor);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _atOnce; // how many connections it may accept before it waits for the pool again
    private int _started; // 1 after Start, or after a stop without a start
    private volatile bool _stopping; // whether StopAsync was called
    private volatile bool _mayEmptyQueue; // see StopAsync
    private volatile bool _nobodyElseWill; // see StopAsync

    internal void Start()
    {
        if (_stopping || Interlocked.Exchange(ref _started, 1) != 0)
            return;

        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Tandem accept" }.Start();
    }

    /// <param name="mayEmptyQueue">Whether to accept the connections that wait, if no other worker will.</param>
    /// <param name="nobodyElseWill">Whether it is certain that no other worker will, because all workers leave this socket.</param>
    internal Task StopAsync(bool mayEmptyQueue, bool nobodyElseWill)
    {
        _nobodyElseWill = nobodyElseWill;
        _mayEmptyQueue = mayEmptyQueue;
        _stopping = true;
        if (Interlocked.Exchange(ref _started, 1) == 0)
            End();

        return _ended.Task;
    }

    private void Run()
    {
        // The supervisor set a receive time-out on the socket, which also ends an accept. So the thread can check whether it must stop.
        while (!_stopping)
        {
            // The thread is about to be stopped. If it accepted now, a draining worker would get another request.
            if (worker.DrainState.IsDraining)
            {
                _ = Libc.SleepMicroseconds(SleepLength);
                continue;
            }

            YieldToOtherWorkers();
            Accept();
        }

        // At most as many as the queue can hold: under load it is never empty.
        for (int i = 0; _mayEmptyQueue && (_nobodyElseWill || worker.DrainState.EmptiesQueue) && i < 4096; i++)
        {
            var poll = new Libc.PollFd { Fd = descriptor, Events = Libc.POLLIN };
            if (Poll(ref poll) <= 0 || !Accept())
                break;
        }

        End();
    }

    private void End()
    {
        _ = Libc.Close(descriptor);
        _ended.TrySetResult();
    }

    private void YieldToOtherWorkers()
    {
        for (long i = 0; !_stopping && worker.Balance.Lead is > 0 and var lead && i < Math.Min(BasicSleeps + 4 * lead, MaxSleeps); i++)
            _ = Libc.SleepMicroseconds(SleepLength);

        // A thread that has just accepted a connection is faster at accepting the next one than threads that the kernel has to wake. Let
        // those run first.
        if (worker.Balance.IsAhead)
            Thread.Yield();

        WaitForPool();
    }

    /// <summary>
    /// Waits while the pool has more queued work than it can start soon. Meanwhile connections stay in the socket, for workers that can
    /// serve them, or for the successor of this worker if it crashes. If many items are queued and completed although few connections were
    /// accepted, they are the application's own, and each wait is long. Then several connections are accepted at once, so that they still
    /// get their share of the pool.
    /// </summary>
    private void WaitForPool()
    {
        int enough = worker.Balance.IsAlone ? MaxQueuedAlone : MaxQueued;
        if (ThreadPool.PendingWorkItemCount <= enough || --_atOnce > 0)
            return;

        long before = ThreadPool.CompletedWorkItemCount, done = 0;
        bool isReached = false;
        for (int wait = 0; wait < MaxWaits && !isReached && done == 0 && !_stopping; wait++)
        {
            isReached = _barrier.Wait(WaitMilliseconds);
            done = ThreadPool.CompletedWorkItemCount - before;
        }

        _atOnce = (int)Math.Min(done, Math.Min(ThreadPool.PendingWorkItemCount, MaxNoticedQueue)) / 4 - enough;
    }

    public EndPoint EndPoint { get; } = endPoint;

    /// <summary>Passes a connection that stays with this worker to the server.</summary>
    public void Serve(int descriptor, EndPoint? remote)
    {
        Socket? connection = null;
        try
        {
            connection = _sockets.Wrap(descriptor, remote);
            accepted.Add(connection);
        }
        catch (SocketException)
        {
            connection?.Dispose(); // the client reset the connection before it was handled
            worker.Balance.OnClosed();
        }
    }

    private bool Accept()
    {
        if (worker.Sticky is { } sticky)
            return AcceptAndRoute(sticky.Router);

        if (_sockets.Accept() is not { } connection)
        {
            OnFailed(Marshal.GetLastPInvokeError());
            return false;
        }

        worker.Balance.OnOpened();
        accepted.Add(connection);
        return true;
    }

    private bool AcceptAndRoute(ConnectionRouter router)
    {
        int connection = _sockets.AcceptDescriptor(out EndPoint? remote);
        if (connection < 0)
        {
            OnFailed(Marshal.GetLastPInvokeError());
            return false;
        }

        worker.Balance.OnOpened();
        router.Take(new UnroutedConnection(connection, remote, this));
        return true;
    }

    private static unsafe int Poll(ref Libc.PollFd poll)
    {
        fixed (Libc.PollFd* pointer = &poll)
            return Libc.Poll(pointer, 1, 0);
    }

    private void OnFailed(int error)
    {
        const int EMFILE = 24;
        const int ENFILE = 23;
        const int ENOBUFS = 105;
        const int ENOMEM = 12;
        if (error is not (EMFILE or ENFILE or ENOBUFS or ENOMEM))
            return; // the time-out, a signal, or a client that is gone already

        worker.Warn($"Connections cannot be accepted: {Marshal.GetPInvokeErrorMessage(error)}");
        _ = Libc.SleepMicroseconds(10_000); // the connection stays in the socket, for a worker that has free resources
    }
}
