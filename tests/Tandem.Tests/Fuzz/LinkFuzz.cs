using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Invocation;
using Tandem.Processes;
using Tandem.Serialization;
using Tandem.Transport;
using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;
using Tandem.Work;

namespace Tandem.Tests.Fuzz;

/// <summary>
/// A worker that plays its part in shared memory, and damages it: frames of every kind, cells, the area for results, the queue of
/// released blocks, the rings' positions. Single calls, reports and chunks, while the parent takes items back and looks at chunks that run.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed unsafe class LinkFuzz : IDisposable
{
    private const long MaximumAllocation = 8 * 1024 * 1024;

    private readonly ProcessEngine _engine = new(new ProcessPoolOptions { MaxWorkers = 1, LoggerFactory = NullLoggerFactory.Instance }.Validated(), null);
    private readonly PayloadArea _requests = new(SharedRegion.Create("tandem-fuzz", PayloadArea.DefaultSize, othersReadOnly: true));

    private MappedFolder? _folder; // of a case over memory that has a name
    private PayloadArea? _mappedRequests;
    private int _workers;
    private int _calm;

    // Closed, so that no item goes on to a real worker.
    public LinkFuzz() => _engine.StopAsync(StopMode.Finish).GetAwaiter().GetResult();

    public void Dispose()
    {
        _requests.Dispose();
        _mappedRequests?.Dispose();
        _folder?.Dispose();
    }

    [Fact]
    public void Whatever_lies_in_shared_memory_each_item_ends_and_the_slots_stay_in_order() => Cases.Run(10_000, Case);

    [Fact]
    public void Whatever_lies_in_mapped_memory_each_item_ends_and_the_slots_stay_in_order()
    {
        _folder = MappedFolder.Create();
        _mappedRequests = new PayloadArea(MappedMemory.CreateArea(MappedAddress.RequestsOf(_folder.Path), isWritable: true));
        Cases.Run(1_000, Case);
    }

    private void Case(Random random)
    {
        using HostileWorker worker = _folder is null
            ? new HostileWorker(_engine, _requests)
            : new HostileWorker(_engine, _mappedRequests!, new MappedAddress(_folder.Path, ++_workers));
        _calm = random.Next(3) == 0 ? 1 : 12;
        List<Sent> items = [];
        // Mostly read on this thread, so that what is allocated can be counted; now and then by the receiver, while it is damaged.
        bool receives = random.Next(20) == 0;
        if (receives)
            worker.Link.Start(worker.Worker);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = random.Next(1, 5); round > 0 && worker.Worker.Broken is null; round--)
        {
            for (int i = random.Next(1, 4); i > 0; i--)
                items.Add(random.Next(3) switch { 0 => worker.Send(), 1 => worker.SendReporting(), _ => worker.SendChunk(random.Next(1, 12)) });

            long start = worker.Answers->Tail;
            HashSet<RemoteItem> written = [];
            for (int i = random.Next(1, 6); i > 0; i--)
                Step(random, worker, Pick(random, worker, items, written));

            worker.Ring.Publish();
            DamageRing(random, worker, start);
            if (receives)
                continue;

            worker.Poll();
            Check(worker, items);
        }

        worker.Exit();
        _engine.FailWaiting(new InvalidOperationException("no other worker")); // what goes on to another one
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaximumAllocation);
        foreach ((RemoteItem item, Task task) in items)
        {
            // Reports are delivered before the result, on the thread pool.
            Assert.True(Task.WhenAny(task).Wait(Limits.Condition), $"An item of {item.ElementCount} elements hangs, {item.State}.");
            _ = task.Exception;
        }
    }

    /// <summary>One that is still to be answered, or any.</summary>
    private RemoteItem Pick(Random random, HostileWorker worker, List<Sent> items, HashSet<RemoteItem> written)
    {
        List<Sent> due = items.FindAll(item => worker.Holds(item) && !written.Contains(item));
        RemoteItem picked = due.Count == 0 || Strikes(random, 4) ? items[random.Next(items.Count)] : due[random.Next(due.Count)];
        written.Add(picked);
        return picked;
    }

    /// <summary>Whether something is damaged: one time in so many, and far less often where the worker is mostly honest.</summary>
    private bool Strikes(Random random, int oneIn) => random.Next(oneIn * _calm) == 0;

    /// <summary>What the worker holds, it holds: no item lost its slot to another one.</summary>
    private static void Check(HostileWorker worker, List<Sent> items)
    {
        Assert.InRange(worker.Worker.InFlight, items.Count(item => worker.Holds(item)), items.Count);
        if (worker.Worker.Broken is not null)
            return;

        foreach (RemoteItem item in items)
            Assert.True(item.IsSettled || item.Worker != worker.Worker || worker.Holds(item), "An item has lost its slot.");
    }

    private void Step(Random random, HostileWorker worker, RemoteItem item)
    {
        switch (random.Next(10))
        {
            case 0 or 1 or 2:
                WriteResult(random, worker, item);
                break;
            case 3:
                Write(random, worker, FrameKind.Progress, item, Strikes(random, 8) ? Cases.Extreme(random) : 0, BitConverter.GetBytes(7));
                break;
            case 4 when item.ElementCount > 0 || Strikes(random, 2):
                int next = Math.Min(item.ElementCount, item.FirstElement + random.Next(3));
                Write(random, worker, FrameKind.Element, item, Strikes(random, 8) ? Cases.Extreme(random) : next, Outcomes(random, next - item.FirstElement));
                break;
            case 5 when Strikes(random, 1):
                Write(random, worker, random.Next(3) == 0 ? FrameKind.Hello : (FrameKind)random.Next(14), item, random.Next(), Garbage(random));
                break;
            case 6 or 7:
                WriteCell(random, worker, item);
                if (item.Chunk is { } chunk && worker.Holds(item))
                    _engine.FetchOutcomes(chunk);
                break;
            case 8 when worker.Holds(item):
                if (worker.TryRevoke(item))
                    item.SetException(new OperationCanceledException());
                for (int i = Strikes(random, 2) ? random.Next(3) : 1; i > 0; i--)
                    worker.Write(item, new ResultMessage { Outcome = Outcome.Revoked }, []);
                break;
            case 9 when Strikes(random, 1):
                // The queue of released blocks: positions and entries.
                long* words = (long*)(worker.Memory.Address + LinkLayout.ReleasesOffset);
                words[random.Next(3) switch { 0 => 0, 1 => 16, _ => random.Next(32, LinkLayout.ReleasesSize / 8) }] = Number(random);
                break;
        }
    }

    private void WriteResult(Random random, HostileWorker worker, RemoteItem item)
    {
        int finished = item.ElementCount == 0 ? 0 : Math.Min(item.ElementCount, item.FirstElement + random.Next(Strikes(random, 3) ? 0 : 1, 12));
        bool fails = random.Next(4) == 0;
        // The outcomes that the parent has looked at already come before those of now.
        byte[] payload = item.ElementCount == 0
            ? Encode(fails, withOutcome: false)
            : [.. new byte[item.Chunk!.Progress.Bytes], .. Outcomes(random, finished - item.FirstElement)];
        var message = new ResultMessage
        {
            Outcome = Strikes(random, 6) ? (Outcome)random.Next(-1, 6) : item.ElementCount > 0 ? Outcome.Chunk : fails ? Outcome.Failed : Outcome.Completed,
            Finished = Strikes(random, 8) ? Cases.Extreme(random) : finished,
            Elapsed = Strikes(random, 4) ? Number(random) : 100,
            Length = Strikes(random, 8) ? Number(random) : payload.Length,
        };
        if (random.Next(3) == 0)
        {
            message.InArea = 1;
            message.Offset = Strikes(random, 4) ? Number(random) : random.Next(4096);
            if (message.Offset is >= 0 and < 4096)
                payload.CopyTo(new Span<byte>(worker.Results.Address + message.Offset, payload.Length));
            payload = [];
        }

        byte[] body = new byte[ResultMessage.Size + payload.Length];
        MemoryMarshal.Write(body, in message);
        payload.CopyTo(body.AsSpan(ResultMessage.Size));
        Write(random, worker, FrameKind.Result, item, 0, body);
    }

    private void Write(Random random, HostileWorker worker, FrameKind kind, RemoteItem item, int extra, byte[] body)
    {
        if (Strikes(random, 3))
            Cases.Mutate(random, body);
        int slot = random.Next(16 * _calm) switch { 0 => random.Next(0x10000), 1 => random.Next(4), 2 => FrameHeader.StartupSlot, _ => item.Slot };
        worker.Write(kind, slot, Strikes(random, 16) ? (uint)random.Next(4) : item.Sequence, extra, body);
    }

    private void WriteCell(Random random, HostileWorker worker, RemoteItem item)
    {
        ItemCell* cell = worker.Cell(item);
        int next = random.Next(-2, item.ElementCount + 2);
        byte[] outcomes = Outcomes(random, Math.Max(0, next));
        int offset = random.Next(4096);
        outcomes.CopyTo(new Span<byte>(worker.Results.Address + offset, outcomes.Length));
        cell->ResultOffset = Strikes(random, 6) ? Number(random) : offset;
        cell->ResultLength = Strikes(random, 6) ? Number(random) : outcomes.Length;
        cell->StartedAt = Number(random);
        cell->Word = Strikes(random, 8) ? Number(random) : ItemCell.Pack(item.Sequence, Strikes(random, 8) ? Cases.Extreme(random) : next);
    }

    /// <summary>Bytes between what was read and what was written, and now and then a position.</summary>
    private void DamageRing(Random random, HostileWorker worker, long start)
    {
        RingControl* control = worker.Answers;
        int from = (int)start & (LinkLayout.RingCapacity - 1);
        int length = (int)Math.Clamp(control->Tail - start, 0, LinkLayout.RingCapacity - from);
        if (Strikes(random, 3))
            Cases.Mutate(random, new Span<byte>((byte*)control + RingControl.Size + from, length));

        switch (random.Next(24 * _calm))
        {
            case 0: control->Tail = Number(random); break;
            case 1: control->Tail += random.Next(-64, 64); break;
            case 2: control->Head = Number(random); break;
            case 3: control->Waiting = random.Next(); break;
            case 4: control->Signal = random.Next(); break;
            case 5: ((RingControl*)(worker.Memory.Address + LinkLayout.RequestRingOffset))->Head = Number(random); break;
        }
    }

    private byte[] Outcomes(Random random, int count)
    {
        List<byte> bytes = [];
        for (int i = 0; i < count; i++)
            bytes.AddRange(Encode(random.Next(4) == 0, withOutcome: true));
        byte[] outcomes = [.. bytes];
        if (Strikes(random, 6))
            Cases.Mutate(random, outcomes);
        return outcomes;
    }

    private static byte[] Encode(bool fails, bool withOutcome)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, CallLinks.ForResults);
        nint content = 0;
        if (withOutcome)
        {
            writer.Write(fails ? Outcome.Failed : Outcome.Completed);
            content = ChunkElement.Begin(writer);
        }

        if (fails)
            ExceptionCodec.Write(writer, new InvalidOperationException("a failure"));
        else
            Codec<string>.Instance.Write(writer, "a result");
        if (withOutcome)
            ChunkElement.End(writer, content);

        return new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
    }

    private static byte[] Garbage(Random random)
    {
        byte[] body = new byte[random.Next(300)];
        random.NextBytes(body);
        return body;
    }

    /// <summary>Of any size, small ones and those near the limits above all.</summary>
    private static long Number(Random random) => random.Next(4) switch
    {
        0 => random.Next(-16, 4096),
        1 => (long)Cases.Extreme(random) << random.Next(33),
        2 => PayloadArea.DefaultSize - random.Next(-4096, 4096),
        _ => BinaryPrimitives.ReverseEndianness(random.NextInt64()),
    };
}
