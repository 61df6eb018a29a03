using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using Tandem.Interop;
using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// Decides for each connection that was accepted whether it stays, and hands it to another worker where it does not. Nobody waits for a
/// client: what cannot be said at once is looked at by a thread of its own, for a while, and then stays here, where each request is looked at.
/// </summary>
internal sealed unsafe class ConnectionRouter : IDisposable
{
    /// <summary>How much of a request's head is looked at.</summary>
    private const int MostHead = 16 * 1024;

    /// <summary>How long a connection may take to show whose it is, in milliseconds.</summary>
    private const int Patience = 1000;

    /// <summary>How long to wait until a head that has come in part is looked at again; each time for twice as long.</summary>
    private const int FirstPause = 2;

    /// <summary>How many connections may be waited for at once: more than that, and they are clients that mean no good.</summary>
    private const int MostWaiting = 1024;

    /// <summary>The thread's, and each accepting thread's.</summary>
    [ThreadStatic]
    private static byte[]? t_buffer;

    private readonly ServedWorker _worker;
    private readonly Board _board;
    private readonly PeerTable _peers;
    private readonly long _own;
    private readonly bool _byAddress;
    private readonly ConcurrentQueue<UnroutedConnection> _arrivals = new();
    private readonly int _wake = Libc.EventFd(0, Libc.EFD_CLOEXEC | Libc.O_NONBLOCK);
    private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;
    private int _started;
    private volatile bool _isFlushing;

    internal ConnectionRouter(ServedWorker worker, Board board, PeerTable peers)
    {
        _worker = worker;
        _board = board;
        _peers = peers;
        _own = worker.Settings.Id;
        _byAddress = worker.Settings.Sticky == StickyMode.Address;
    }

    /// <summary>Serves a connection here, or elsewhere. Returns at once.</summary>
    internal void Take(in UnroutedConnection connection)
    {
        if (_isFlushing)
        {
            Keep(connection);
            return;
        }

        if (Route(connection, mayAsk: false) == Outcome.Done)
            return;

        if (Interlocked.Increment(ref _waiting) > MostWaiting)
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

    /// <summary>From now on all connections stay; completes when none is waited for any more.</summary>
    internal Task FlushAsync()
    {
        _isFlushing = true;
        if (Volatile.Read(ref _waiting) == 0)
            return Task.CompletedTask;

        Wake();
        return _flushed.Task;
    }

    /// <summary>Where a client belongs that comes from an address; 0 for one that has none.</summary>
    internal static long ClientOf(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address })
            return 0;

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryWriteBytes(bytes, out _);
        // Of version 6, a client has all addresses of its network, and may change them.
        return (long)Board.Mix(BinaryPrimitives.ReadUInt64LittleEndian(bytes) | 1UL << 63);
    }

    public void Dispose() => Libc.Close(_wake);

    /// <summary>Serves it here or elsewhere, where that can be said already.</summary>
    private Outcome Route(in UnroutedConnection connection, bool mayAsk)
    {
        long target;
        if (_byAddress)
        {
            target = ClientOf(connection.Remote) is var client and not 0 ? _board.ChooseFor(client) : _own;
        }
        else
        {
            if (Look(connection.Descriptor, out StickyCookie cookie) is not { } isFound)
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
            _worker.OnConnectionHandedOver();
            return Outcome.Done;
        }

        if (Marshal.GetLastPInvokeError() == Libc.EAGAIN)
            return Outcome.Again; // it has much to read

        Keep(connection); // it has just begun to end
        return Outcome.Done;
    }

    private static void Keep(in UnroutedConnection connection) => connection.Source.Serve(connection.Descriptor, connection.Remote);

    /// <summary>Looks at what has come, and leaves it there.</summary>
    /// <returns>Whether it has the cookie; null where that cannot be said yet.</returns>
    private static bool? Look(int descriptor, out StickyCookie cookie)
    {
        const int EAGAIN = Libc.EAGAIN, EINTR = Libc.EINTR;
        byte[] buffer = t_buffer ??= GC.AllocateUninitializedArray<byte>(MostHead, pinned: true);
        cookie = default;
        nint length;
        fixed (byte* bytes = buffer)
            length = Libc.Receive(descriptor, bytes, buffer.Length, Libc.MSG_PEEK | Libc.MSG_DONTWAIT);
        if (length < 0)
            return Marshal.GetLastPInvokeError() is EAGAIN or EINTR ? null : false;
        if (length == 0)
            return false; // closed again

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
        var polls = new Libc.PollFd[MostWaiting + 1];
        while (true)
        {
            long now = Environment.TickCount64;
            long next = long.MaxValue;
            polls[0] = new Libc.PollFd { Fd = _wake, Events = Libc.POLLIN };
            for (int i = 0; i < all.Count; i++)
            {
                // Of which a part is here is not polled for: that would be there at once.
                polls[i + 1] = new Libc.PollFd { Fd = all[i].Pause == 0 ? all[i].Connection.Descriptor : -1, Events = Libc.POLLIN };
                next = Math.Min(next, all[i].LooksAt);
            }

            fixed (Libc.PollFd* first = polls)
                _ = Libc.Poll(first, (nuint)(all.Count + 1), next == long.MaxValue ? -1 : (int)Math.Clamp(next - now, 0, Patience));

            now = Environment.TickCount64;
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
                var waiting = new Waiting(connection, now + Patience);
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
            if (!isReady && now < waiting.LooksAt)
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
        Done,

        /// <summary>Its head is not there yet.</summary>
        NeedsMore,

        /// <summary>It is another worker's, which cannot have it at once.</summary>
        Again,
    }

    /// <summary>A connection that is waited for.</summary>
    private sealed class Waiting(UnroutedConnection connection, long end)
    {
        internal UnroutedConnection Connection { get; } = connection;

        /// <summary>When it is waited for no longer.</summary>
        internal long End { get; } = end;

        /// <summary>0 as long as there is nothing to look at.</summary>
        internal int Pause { get; private set; }

        /// <summary>When it is looked at whatever comes.</summary>
        internal long LooksAt { get; private set; } = end;

        /// <param name="now">The time.</param>
        /// <param name="isDue">Whether to look again soon; else when something comes.</param>
        internal void Wait(long now, bool isDue)
        {
            Pause = isDue ? Math.Max(FirstPause, 2 * Pause) : 0;
            LooksAt = isDue ? Math.Min(End, now + Pause) : End;
        }
    }
}
