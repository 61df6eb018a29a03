using System.Runtime.InteropServices;
using Tandem.Interop;
using Tandem.Invocation;
using Tandem.InWorker;
using Tandem.Serialization;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Fuzz;

/// <summary>
/// What a worker reads from shared memory and from its control socket, damaged: each item is answered, or the worker ends with a
/// <see cref="ProtocolException"/>. The worker's real link and loop, in this process.
/// </summary>
public sealed unsafe class ParentLinkFuzz : IDisposable
{
    private const int AreaSize = 1 << 20;

    private readonly SharedRegion _region = SharedRegion.Create("tandem-fuzz", LinkLayout.Size, othersReadOnly: false);
    private readonly SharedRegion _requests = SharedRegion.Create("tandem-fuzz", AreaSize, othersReadOnly: true);
    private readonly SharedRegion _results = SharedRegion.Create("tandem-fuzz", AreaSize, othersReadOnly: false);
    private readonly RemoteMethod _remoteMethod = RemoteMethod.Of(static (string? text) =>
        text, ArgumentAdapter<string?, string?>.Instance);

    public void Dispose()
    {
        _region.Dispose();
        _requests.Dispose();
        _results.Dispose();
    }

    [Fact]
    public void Whatever_a_parent_writes_is_answered_or_ends_the_worker() => Cases.Run(10_000, Case);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_slot_that_there_is_not_ends_the_worker_on_the_thread_that_reads(int lanes)
    {
        SharedMemoryParentLink link = Attach(-1);
        var loop = new WorkerLoop(link, lanes);
        Assert.Throws<ProtocolException>(() =>
        {
            byte* body = stackalloc byte[InvokeMessage.Size];
            var frame = new Frame { Kind = FrameKind.Invoke, Slot = FrameHeader.Slots, Body = body, BodyLength = InvokeMessage.Size };
            loop.Handle(in frame);
        });
        link.Unmap();
    }

    private void Case(Random random)
    {
        int* sockets = stackalloc int[2];
        Assert.Equal(0, Libc.SocketPair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, sockets));
        SharedMemoryParentLink link = Attach(sockets[1]);
        var loop = new WorkerLoop(link, 1);
        var ring = new RingWriter(_region.Address + LinkLayout.RequestRingOffset, LinkLayout.RingCapacity);
        var control = (RingControl*)(_region.Address + LinkLayout.RequestRingOffset);
        Write(ring, FrameKind.Define, 0, 0, _remoteMethod.Definition);
        ring.Publish();
        long start = control->Tail;
        for (int i = random.Next(1, 6); i > 0; i--)
            Step(random, ring);

        ring.Publish();
        Damage(random, control, start);
        link.Stop(); // reading ends where the ring does
        int due = 0;
        try
        {
            while (link.Receive(out Frame frame))
            {
                if (!IsHarmless(in frame))
                    continue;

                loop.Handle(in frame);
                link.Release();
                due += frame.Kind is FrameKind.Define or FrameKind.Trace or FrameKind.Culture ? 0 : 1;
            }

            Assert.Equal(due, Answers());
        }
        catch (ProtocolException)
        {
            Assert.InRange(Answers(), due, due + 1);
        }

        ReadControl(random, link, sockets[0]);
        link.Unmap();
    }

    private void Step(Random random, RingWriter ring)
    {
        int slot = random.Next(12) == 0 ? random.Next(0x10000) : random.Next(4);
        uint sequence = (uint)random.Next(1, 4);
        int count = random.Next(3) == 0 ? random.Next(1, 6) : 0;
        byte[] payload = Arguments(count);
        var message = new InvokeMessage
        {
            RemoteMethod = _remoteMethod.Number,
            First = count > 0 ? random.Next(count) : 0,
            Count = count,
            Length = payload.Length,
        };
        if (random.Next(4) == 0)
        {
            message.InArea = 1;
            message.Offset = random.Next(4) == 0 ? (long)Cases.Extreme(random) << random.Next(20) : random.Next(AreaSize - 4096);
            if (message.Offset is >= 0 and < AreaSize - 4096)
                payload.CopyTo(new Span<byte>(_requests.Address + message.Offset, payload.Length));
            payload = [];
        }

        byte[] body = [.. MemoryMarshal.AsBytes(new ReadOnlySpan<InvokeMessage>(in message)), .. payload];
        if (random.Next(3) == 0)
            Cases.Mutate(random, body);
        if (slot < FrameHeader.Slots)
            ((ItemCell*)(_region.Address + LinkLayout.CellsOffset) + slot)->Word = random.Next(4) == 0 ? random.NextInt64() : ItemCell.Pack(sequence, ItemCell.Queued);
        Write(ring, random.Next(10) switch { 0 => FrameKind.Initialize, 1 => (FrameKind)random.Next(14), _ => FrameKind.Invoke }, slot, sequence, body);
    }

    private void Damage(Random random, RingControl* control, long start)
    {
        int from = (int)start & (LinkLayout.RingCapacity - 1);
        int length = (int)Math.Clamp(control->Tail - start, 0, LinkLayout.RingCapacity - from);
        if (random.Next(3) == 0)
            Cases.Mutate(random, new Span<byte>((byte*)control + RingControl.Size + from, length));
        switch (random.Next(12))
        {
            case 0: control->Tail = random.NextInt64(); break;
            case 1: control->Tail += random.Next(-64, 64); break;
            case 2: control->Head = random.NextInt64(); break;
            case 3: ((long*)(_region.Address + LinkLayout.ReleasesOffset))[random.Next(2) * 16] = Cases.Extreme(random); break;
            case 4: ((RingControl*)(_region.Address + LinkLayout.ResponseRingOffset))->Waiting = random.Next(); break;
        }
    }

    /// <summary>What code may run is the parent's to say: only the one definition counts, and no limit, which would hold for this very process.</summary>
    private bool IsHarmless(in Frame frame)
    {
        if (frame.Kind is FrameKind.Invoke or FrameKind.Initialize && frame.BodyLength >= InvokeMessage.Size)
            *(long*)(frame.Body + InvokeMessage.Size - sizeof(long)) = 0;
        return frame.Kind != FrameKind.Define || new ReadOnlySpan<byte>(frame.Body, frame.BodyLength).SequenceEqual(_remoteMethod.Definition);
    }

    private static void ReadControl(Random random, SharedMemoryParentLink link, int socket)
    {
        byte[] bytes = new byte[random.Next(4 * FrameHeader.Size)];
        random.NextBytes(bytes);
        fixed (byte* start = bytes)
            Assert.Equal(bytes.Length, Libc.Send(socket, start, bytes.Length, Libc.MSG_DONTWAIT));
        _ = Libc.Close(socket);
        var active = new ActiveItems();
        int frames = 0;
        for (; link.ReceiveControl(out Frame frame); frames++)
            active.Cancel(frame.Slot, frame.Sequence, frame.Extra);
        Assert.Equal(bytes.Length / FrameHeader.Size, frames);
    }

    private int Answers()
    {
        var reader = new RingReader(_region.Address + LinkLayout.ResponseRingOffset, LinkLayout.RingCapacity);
        int answers = 0;
        while (reader.TryRead(out Frame frame))
            answers += frame.Kind == FrameKind.Result ? 1 : 0;
        return answers;
    }

    private SharedMemoryParentLink Attach(int socket)
    {
        new Span<byte>(_region.Address, LinkLayout.Size).Clear();
        *(LinkHeader*)_region.Address = new LinkHeader { Magic = LinkHeader.MagicValue, Version = FrameHeader.CurrentVersion, RequestAreaSize = AreaSize, ResultAreaSize = AreaSize };
        return new SharedMemoryParentLink(socket, Duplicate(_region), Duplicate(_requests), Duplicate(_results));
    }

    private static int Duplicate(SharedRegion region) => Libc.Fcntl(region.Descriptor, Libc.F_DUPFD_CLOEXEC, 0);

    private static void Write(RingWriter ring, FrameKind kind, int slot, uint sequence, ReadOnlySpan<byte> body) =>
        body.CopyTo(new Span<byte>(ring.TryReserve(kind, slot, sequence, 0, body.Length), body.Length));

    private static byte[] Arguments(int count)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance);
        for (int i = 0; i < count; i++)
            ChunkElement.Write(writer, Codec<string?>.Instance, "an item");
        if (count == 0)
            Codec<string?>.Instance.Write(writer, "an argument");
        return new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
    }
}
