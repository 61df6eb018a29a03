using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using Tandem.Interop;
using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// Decides for each accepted connection whether it stays here, and hands it over to another worker otherwise. No accepting thread waits for
/// a client. If the decision needs more data, a separate thread waits for it for a limited time; after that the connection stays here, and
/// each of its requests is routed.
/// </summary>
internal sealed unsafe class ConnectionRouter : IDisposable
{
    /// <summary>The maximum part of a request's head that is examined, in bytes.</summary>
    private const int MaxHead = 16 * 1024;

    /// <summary>How long the thread waits for a request's head, in milliseconds.</summary>
    private const int WaitLimit = 1000;

    /// <summary>The first pause before an incomplete head is examined again, in milliseconds. It doubles each time.</summary>
    private const int FirstPause = 2;

    /// <summary>The maximum number of connections that the thread waits for. More than that are probably an attack.</summary>
    private const int MaxWaiting = 1024;

    /// <summary>The buffer of each thread that examines heads.</summary>
    [ThreadStatic]
    private static byte[]? t_buffer;

    private readonly ServedWorker _worker;
    private readonly Board _board;
    private readonly PeerTable _peers;
    private readonly long _own; // this worker's id
    private readonly bool _byAddress; // whether the client's address decides, rather than the cookie
    private readonly ConcurrentQueue<UnroutedConnection> _arrivals = new(); // connections that the thread has not taken yet
    private readonly int _wake = Libc.EventFd(0, Libc.EFD_CLOEXEC | Libc.O_NONBLOCK); // an eventfd that wakes the thread
    // completes when no connection is waited for
    private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting; // how many connections are waited for, including arrivals
    private int _started; // 1 after the thread was started
    private volatile bool _isFlushing; // whether all connections stay here

    internal ConnectionRouter(ServedWorker worker, Board board, PeerTable peers)
    {
        _worker = worker;
        _board = board;
        _peers = peers;
        _own = worker.Settings.Id;
        _byAddress = worker.Settings.Sticky == StickyMode.Address;
    }

    /// <summary>Routes a connection. Returns at once.</summary>
    internal void Take(in UnroutedConnection connection)
    {
        if (_isFlushing)
        {
            Keep(connection);
            return;
        }

        if (Route(connection, mayAsk: false) == Outcome.Done)
            return;

        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            Keep(connection);
            return;
        }

        _arrivals.Enqueue(connection);
        if (Interlocked.Exchange(ref _started, 1) == 0)
            new Thread(Run, 256 * 1024) { IsBackground = true, Name = "Tandem sticky" }.Start();
        Wake();
    }

    /// <summary>From now on, all connections stay here; completes when none is waited for any more.</summary>
    internal Task FlushAsync()
    {
        _isFlushing = true;
        if (Volatile.Read(ref _waiting) == 0)
            return Task.CompletedTask;

        Wake();
        return _flushed.Task;
    }

    /// <summary>The client number for an address; 0 if there is no IP address.</summary>
    internal static long ClientOf(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address })
            return 0;

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryWriteBytes(bytes, out _);
        // With IPv6, a client may use all addresses of its network, and change them: use the network part only.
        return (long)Board.Mix(BinaryPrimitives.ReadUInt64LittleEndian(bytes) | 1UL << 63);
    }

    public void Dispose() => Libc.Close(_wake);

    /// <summary>Routes a connection, if that is possible now.</summary>
    private Outcome Route(in UnroutedConnection connection, bool mayAsk)
    {
        long target;
        if (_byAddress)
        {
            target = ClientOf(connection.Remote) is var client and not 0 ? _board.ChooseFor(client) : _own;
        }
        else
        {
            if (Peek(connection.Descriptor, out StickyCookie cookie) is not { } isFound)
                return Outcome.NeedsMore;

            target = isFound ? _worker.Sticky!.OwnerOf(cookie) : _own;
        }

        if (target == _own || target == 0)
        {
            Keep(connection);
            return Outcome.Done;
        }

        if ((mayAsk ? _peers.FindOrAsk(target) : _peers.Find(target)) is not { } peer)
        {
            if (!mayAsk)
                return Outcome.Again;

            Keep(connection);
            return Outcome.Done;
        }

        if (peer.TrySend(ServeProtocol.HandOver, $"{_own} {EndPointText.Write(connection.Source.EndPoint)}", connection.Descriptor))
        {
            _ = Libc.Close(connection.Descriptor);
            _worker.Balance.OnHandedOver();
            return Outcome.Done;
        }

        if (Marshal.GetLastPInvokeError() == Libc.EAGAIN)
            return Outcome.Again; // its mailbox is full

        Keep(connection); // that worker has just begun to exit
        return Outcome.Done;
    }

    private static void Keep(in UnroutedConnection connection) => connection.Source.Serve(connection.Descriptor, connection.Remote);

    /// <summary>Examines the data that has arrived, without consuming it.</summary>
    /// <returns>Whether the head contains the cookie; null if more data is needed.</returns>
    private static bool? Peek(int descriptor, out StickyCookie cookie)
    {
        const int EAGAIN = Libc.EAGAIN, EINTR = Libc.EINTR;
        byte[] buffer = t_buffer ??= GC.AllocateUninitializedArray<byte>(MaxHead, pinned: true);
        cookie = default;
        nint length;
        fixed (byte* bytes = buffer)
            length = Libc.Receive(descriptor, bytes, buffer.Length, Libc.MSG_PEEK | Libc.MSG_DONTWAIT);
        if (length < 0)
            return Marshal.GetLastPInvokeError() is EAGAIN or EINTR ? null : false;
        if (length == 0)
            return false; // the client closed the connection

        return RequestHead.Read(buffer.AsSpan(0, (int)length), out cookie) switch
        {
            RequestHeadContent.Cookie => true,
            RequestHeadContent.Incomplete when length < buffer.Length => null,
            _ => false,
        };
    }

    private void Run()
    {
        List<Waiting> all = [];
        var polls = new Libc.PollFd[MaxWaiting + 1];
        while (true)
        {
            long now = _worker.Time.GetMilliseconds();
            long next = long.MaxValue;
            polls[0] = new Libc.PollFd { Fd = _wake, Events = Libc.POLLIN };
            for (int i = 0; i < all.Count; i++)
            {
                // A connection with a partial head is not polled, because poll would return at once.
                polls[i + 1] = new Libc.PollFd { Fd = all[i].Pause == 0 ? all[i].Connection.Descriptor : -1, Events = Libc.POLLIN };
                next = Math.Min(next, all[i].NextCheck);
            }

            fixed (Libc.PollFd* first = polls)
                _ = Libc.Poll(first, (nuint)(all.Count + 1), next == long.MaxValue ? -1 : (int)Math.Clamp(next - now, 0, WaitLimit));

            now = _worker.Time.GetMilliseconds();
            int left = 0;
            for (int i = 0; i < all.Count; i++)
            {
                if (!IsDone(all[i], polls[i + 1].Revents != 0, now))
                    all[left++] = all[i];
            }

            all.RemoveRange(left, all.Count - left);
            ulong count;
            _ = Libc.Read(_wake, (byte*)&count, sizeof(ulong));
            while (_arrivals.TryDequeue(out UnroutedConnection connection))
            {
                var waiting = new Waiting(connection, now + WaitLimit);
                if (!IsDone(waiting, isReady: true, now))
                    all.Add(waiting);
            }

            if (_isFlushing && Volatile.Read(ref _waiting) == 0)
                _flushed.TrySetResult();
        }
    }

    private bool IsDone(Waiting waiting, bool isReady, long now)
    {
        if (_isFlushing || now >= waiting.End)
        {
            Keep(waiting.Connection);
        }
        else
        {
            if (!isReady && now < waiting.NextCheck)
                return false;
            Outcome outcome = Route(waiting.Connection, mayAsk: true);
            if (outcome != Outcome.Done)
            {
                waiting.Wait(now, outcome == Outcome.Again || HasBegun(waiting.Connection.Descriptor));
                return false;
            }
        }

        Interlocked.Decrement(ref _waiting);
        return true;
    }

    private static bool HasBegun(int descriptor)
    {
        byte first;
        return Libc.Receive(descriptor, &first, 1, Libc.MSG_PEEK | Libc.MSG_DONTWAIT) > 0;
    }

    private void Wake()
    {
        ulong one = 1;
        _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    private enum Outcome
    {
        /// <summary>It is routed.</summary>
        Done,

        /// <summary>The head is incomplete.</summary>
        NeedsMore,

        /// <summary>It belongs to another worker, which cannot take it now.</summary>
        Again,
    }

    /// <summary>A connection that the thread waits for.</summary>
    private sealed class Waiting(UnroutedConnection connection, long end)
    {
        internal UnroutedConnection Connection { get; } = connection;

        /// <summary>The time at which the wait ends.</summary>
        internal long End { get; } = end;

        /// <summary>The current pause, in milliseconds; 0 if no data has arrived.</summary>
        internal int Pause { get; private set; }

        /// <summary>The time of the next check, whether or not data arrives.</summary>
        internal long NextCheck { get; private set; } = end;

        /// <param name="now">The time.</param>
        /// <param name="isDue">Whether to check again soon, rather than when data arrives.</param>
        internal void Wait(long now, bool isDue)
        {
            Pause = isDue ? Math.Max(FirstPause, 2 * Pause) : 0;
            NextCheck = isDue ? Math.Min(End, now + Pause) : End;
        }
    }
}
