using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Tandem.Interop;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <summary>
/// Takes connections from a socket that all workers share, by a thread that blocks in accept. The kernel wakes such threads in turn,
/// while of those that wait through epoll the first that runs takes all there are. On top of that, who has more connections than
/// another lets it go first, for a moment.
/// </summary>
internal sealed class AcceptThread(ServedWorker worker, int descriptor, EndPoint endPoint, ChannelWriter<AcceptedConnection> accepted) : IConnectionSource
{
    /// <summary>How many naps long a worker lets others go first: they are asleep, or busy, and nobody may wait for them for long.</summary>
    private const int Courtesy = 4;

    /// <summary>The same where it is far ahead.</summary>
    private const int MostCourtesy = 40;

    private const int NapMicroseconds = 100;

    /// <summary>How long it waits for its own thread pool before it looks whether that gets on.</summary>
    private const int MomentMilliseconds = 20;

    /// <summary>After how many such moments it takes one connection nevertheless.</summary>
    private const int Patience = 50;

    /// <summary>Up to which length of the pool's queue more connections come at once the longer it is.</summary>
    private const int MostNoticed = 256;

    /// <summary>How much may wait for the thread pool: enough for each of its threads to have something next.</summary>
    private static readonly int UsuallyQueued = Environment.ProcessorCount;

    /// <summary>The same where no other worker could take them, now or later.</summary>
    private static readonly int MuchQueued = 128 * Environment.ProcessorCount;

    private readonly PoolTurn _turn = new();
    private readonly AcceptedSocket _sockets = new(descriptor);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _atOnce; // how many it may take before it waits again
    private int _started;
    private volatile bool _stopping;
    private volatile bool _mayEmptyQueue;
    private volatile bool _nobodyElseWill;

    internal void Start()
    {
        if (_stopping || Interlocked.Exchange(ref _started, 1) != 0)
            return;

        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Tandem accept" }.Start();
    }

    /// <param name="mayEmptyQueue">Whether to take what waits already, where no other worker will.</param>
    /// <param name="nobodyElseWill">Whether that is known: all workers leave this socket.</param>
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
        // The supervisor gave the socket a time-out for receiving, which ends this wait too: so the thread sees when it is to stop.
        while (!_stopping)
        {
            // It is about to be stopped, and what it took now would be one more request of a worker that is due.
            if (worker.IsDraining)
            {
                _ = Libc.SleepMicroseconds(NapMicroseconds);
                continue;
            }

            BePolite();
            Accept();
        }

        // No more than there can be in the queue: under load it never is empty.
        for (int i = 0; _mayEmptyQueue && (_nobodyElseWill || worker.EmptiesQueue) && i < 4096; i++)
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

    private void BePolite()
    {
        for (long i = 0; !_stopping && worker.Lead is > 0 and var lead && i < Math.Min(Courtesy + 4 * lead, MostCourtesy); i++)
            _ = Libc.SleepMicroseconds(NapMicroseconds);

        // Who has just taken one is quicker to take the next than those that the kernel has to wake for it: let them run first.
        if (worker.IsAhead)
            Thread.Yield();

        WaitForPool();
    }

    /// <summary>
    /// What the pool has not begun stays in the socket, for workers that can serve it, or for those that come after this one: what it has
    /// taken would end with it. Where much waits and is done although few connections were taken, it is the application's own, and each
    /// wait is long: so that connections have their part of the pool nevertheless, several come at once.
    /// </summary>
    private void WaitForPool()
    {
        int enough = worker.IsAlone ? MuchQueued : UsuallyQueued;
        if (ThreadPool.PendingWorkItemCount <= enough || --_atOnce > 0)
            return;

        long before = ThreadPool.CompletedWorkItemCount, done = 0;
        bool isItsTurn = false;
        for (int moment = 0; moment < Patience && !isItsTurn && done == 0 && !_stopping; moment++)
        {
            isItsTurn = _turn.Wait(MomentMilliseconds);
            done = ThreadPool.CompletedWorkItemCount - before;
        }

        _atOnce = (int)Math.Min(done, Math.Min(ThreadPool.PendingWorkItemCount, MostNoticed)) / 4 - enough;
    }

    public EndPoint EndPoint { get; } = endPoint;

    /// <summary>Gives the server a connection that was not handed to another worker.</summary>
    public void Serve(int descriptor, EndPoint? remote)
    {
        Socket? connection = null;
        try
        {
            connection = _sockets.Wrap(descriptor, remote);
            Serve(connection);
        }
        catch (SocketException)
        {
            connection?.Dispose(); // reset before it was looked at
            worker.OnConnectionClosed();
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

        worker.OnConnectionOpened();
        Serve(connection);
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

        worker.OnConnectionOpened();
        router.Take(new UnroutedConnection(connection, remote, this));
        return true;
    }

    private void Serve(Socket connection)
    {
        if (accepted.TryWrite(new AcceptedConnection(connection)))
            return;

        connection.Dispose();
        worker.OnConnectionClosed();
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

        worker.Warn($"No connection can be accepted: {Marshal.GetPInvokeErrorMessage(error)}");
        _ = Libc.SleepMicroseconds(10_000); // the connection stays in the queue, for a worker that has room
    }
}
