using System.Runtime.InteropServices;
using Tandem.Interop;
using Tandem.Invocation;
using Tandem.Processes;
using Tandem.Transport;
using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;
using Tandem.Work;

namespace Tandem.Tests.Fuzz;

/// <summary>
/// The parent's real link and bookkeeping of one worker, and the worker's end of the same memory, in one process: what a test writes
/// there, the parent finds. Items are sent for real and never run.
/// </summary>
internal sealed unsafe class HostileWorker : IDisposable
{
    private readonly ProcessEngine _engine;
    private readonly int _socket = -1;
    private bool _exited;

    /// <summary>A worker over memory that has a name.</summary>
    internal HostileWorker(ProcessEngine engine, PayloadArea requests, MappedAddress address)
        : this(engine, new SharedMemoryLink(requests, new MappedConnection(address), 0))
    {
        Memory = MappedMemory.Open(address.Link, LinkLayout.Size, isWritable: true);
        Results = MappedMemory.Open(address.Results, (nint)(*(LinkHeader*)Memory.Address).ResultAreaSize, isWritable: true);
        Ring = new RingWriter(Memory.Address + LinkLayout.ResponseRingOffset, LinkLayout.RingCapacity);
    }

    internal HostileWorker(ProcessEngine engine, PayloadArea requests)
        : this(engine, requests, Connect())
    {
    }

    private HostileWorker(ProcessEngine engine, PayloadArea requests, (int Parent, int Worker) sockets)
        : this(engine, new SharedMemoryLink(requests, sockets.Parent, 0))
    {
        _socket = sockets.Worker;
        (int region, _, int results) = Link.Descriptors;
        Memory = SharedRegion.Open(Libc.Fcntl(region, Libc.F_DUPFD_CLOEXEC, 0), LinkLayout.Size, writable: true);
        Results = SharedRegion.Open(Libc.Fcntl(results, Libc.F_DUPFD_CLOEXEC, 0), PayloadArea.DefaultSize, writable: true);
        Ring = new RingWriter(Memory.Address + LinkLayout.ResponseRingOffset, LinkLayout.RingCapacity);
    }

    private HostileWorker(ProcessEngine engine, SharedMemoryLink link)
    {
        _engine = engine;
        Link = link;
        Worker = new ProcessWorker(engine, Link);
        lock (engine.Gate)
            Worker.MarkIdle();
        Link.SetSink(Worker);
        (Memory, Results, Ring) = (null!, null!, null!); // set by the constructor that called this one
    }

    internal SharedMemoryLink Link { get; }

    internal ProcessWorker Worker { get; }

    /// <summary>What both sides write.</summary>
    internal SharedRegion Memory { get; }

    /// <summary>What the worker alone writes.</summary>
    internal SharedRegion Results { get; }

    /// <summary>The worker's end of the ring of answers.</summary>
    internal RingWriter Ring { get; }

    internal RingControl* Answers => (RingControl*)(Memory.Address + LinkLayout.ResponseRingOffset);

    internal ItemCell* Cell(RemoteItem item) => (ItemCell*)(Memory.Address + LinkLayout.CellsOffset) + item.Slot;

    internal static Sent NewItem() => NewItem(CallPayload.Of(PlainAdapter<string>.Instance, new Func<string>(static () => ""), null));

    internal static Sent NewItem(CallPayload callPayload)
    {
        var task = new CallTask<string>();
        return new Sent(new RemoteCall(task, callPayload, CancellationToken.None), task.Task);
    }

    internal Sent Send() => Send(NewItem());

    /// <summary>Sends an item that may report progress.</summary>
    internal Sent SendReporting()
    {
        Sent item = Send();
        var links = new SentLinks();
        links.AddProgress(new Silent());
        item.Item.Details.Take(links);
        return item;
    }

    internal Sent SendChunk(int count) => Send(NewChunk(_engine, count));

    internal static Sent NewChunk(ProcessEngine engine, int count)
    {
        Func<string, string> work = static text => text;
        var call = new MapCall<string, string>(ArgumentAdapter<string, string>.Instance, work, null, CancellationToken.None) { Completed = static _ => { } };
        var chunk = new SerializedChunk<string, string>(call, engine);
        for (int i = 0; i < count; i++)
            chunk.Add("item");
        chunk.Seal();
        return new Sent((RemoteItem)chunk.Item, chunk.Completion);
    }

    private static (int Parent, int Worker) Connect()
    {
        int* sockets = stackalloc int[2];
        Assert.Equal(0, Libc.SocketPair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, sockets));
        return (sockets[0], sockets[1]);
    }

    private Sent Send(Sent item)
    {
        lock (_engine.Gate)
            Assert.True(item.Item.TryAssign() && Worker.TrySend(item));
        Link.Flush();
        return item;
    }

    internal bool Holds(RemoteItem item)
    {
        lock (_engine.Gate)
            return Worker.Holds(item);
    }

    internal bool TryRevoke(RemoteItem item)
    {
        lock (_engine.Gate)
            return Worker.TryRevoke(item);
    }

    /// <summary>Writes a frame into the ring of answers.</summary>
    internal void Write(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body)
    {
        byte* at = Ring.TryReserve(kind, slot, sequence, extra, body.Length);
        if (at != null)
            body.CopyTo(new Span<byte>(at, body.Length));
    }

    internal void Write(RemoteItem item, ResultMessage message, ReadOnlySpan<byte> payload)
    {
        byte[] body = new byte[ResultMessage.Size + payload.Length];
        MemoryMarshal.Write(body, in message);
        payload.CopyTo(body.AsSpan(ResultMessage.Size));
        Write(FrameKind.Result, item.Slot, item.Sequence, 0, body);
    }

    /// <summary>Has the parent read what was published, on this thread.</summary>
    internal void Poll() => Link.Poll(Never.Instance, 0);

    /// <summary>The process is gone: the parent reads the rest, and sorts the items out.</summary>
    internal void Exit()
    {
        if (_exited)
            return;

        _exited = true;
        _engine.OnExited(Worker, new ExitStatus(null, 9));
    }

    public void Dispose()
    {
        Exit();
        if (_socket >= 0)
            _ = Libc.Close(_socket);
        Memory.Dispose();
        Results.Dispose();
    }

    private sealed class Never : IPollTarget
    {
        internal static readonly Never Instance = new();

        public bool IsSettled => false;
    }

    private sealed class Silent : IProgress<int>
    {
        public void Report(int value)
        {
        }
    }
}
