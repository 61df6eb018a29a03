using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Invocation;
using Tandem.Processes;
using Tandem.Serialization;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;
using Tandem.Work;

namespace Tandem.Tests.Fuzz;

/// <summary>
/// A worker that writes whatever it likes: its frames, its cells and its result area are damaged. Each item that it holds ends in a
/// result or a typed error, and the parent goes on.
/// </summary>
public sealed class ParentFuzz : IDisposable
{
    private const int ResultBytes = 4096;

    // Closed, so that no item goes on to a real worker.
    private readonly ProcessEngine _engine = new(new ProcessPoolOptions { MaxWorkers = 1, LoggerFactory = NullLoggerFactory.Instance }.Validated(), null);
    private readonly PayloadArea _requests = new(SharedRegion.Create("tandem-fuzz", PayloadArea.DefaultSize, othersReadOnly: true));

    public void Dispose() => _requests.Dispose();

    [Fact]
    public async Task Whatever_a_worker_writes_each_item_ends_in_a_result_or_a_typed_error()
    {
        await _engine.StopAsync(StopMode.Finish);
        Cases.Run(12_000, Case);
    }

    private unsafe void Case(Random random)
    {
        using var hostile = new HostileWorker(_engine, _requests);
        var items = new Sent[random.Next(1, 4)];
        for (int i = 0; i < items.Length; i++)
            items[i] = hostile.Send();

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Sent item in items)
            WriteCell(random, hostile.Cell(item), item);
        random.NextBytes(new Span<byte>(hostile.Results.Address, ResultBytes));
        for (int i = random.Next(1, 6); i > 0 && hostile.Worker.Broken is null; i--)
            Receive(random, hostile.Worker, items[random.Next(items.Length)]);

        hostile.Exit();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1024 * 1024);
        foreach (Sent item in items)
        {
            Assert.True(item.Task.IsCompleted, "An item hangs.");
            _ = item.Task.Exception;
        }
    }

    private static unsafe void Receive(Random random, ProcessWorker worker, Sent item)
    {
        byte[] body = random.Next(4) == 0 ? Garbage(random) : Result(random);
        if (random.Next(3) > 0)
            Cases.Mutate(random, body.AsSpan(Math.Min(body.Length, random.Next(2) * ResultMessage.Size)));

        fixed (byte* start = body)
        {
            var frame = new Frame
            {
                Kind = random.Next(5) == 0 ? (FrameKind)random.Next(256) : FrameKind.Result,
                Slot = random.Next(8) == 0 ? random.Next(70_000) : item.Item.Slot,
                Sequence = random.Next(8) == 0 ? (uint)random.Next() : item.Item.Sequence,
                Extra = Cases.Extreme(random),
                Body = start,
                BodyLength = body.Length,
            };
            try
            {
                worker.OnFrame(in frame);
            }
            catch (Exception e) when (e is ProtocolException or PayloadCorruptException or WorkSerializationException)
            {
                worker.OnBroken(e); // as the link does
            }

            worker.OnBatchEnd();
        }
    }

    private static unsafe byte[] Result(Random random)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, CallLinks.ForResults);
        if (random.Next(2) == 0)
            writer.WriteString("a result");
        else
            ExceptionCodec.Write(writer, new InvalidOperationException("a failure"));

        byte[] body = new byte[ResultMessage.Size + writer.Length];
        var message = new ResultMessage
        {
            Outcome = (Outcome)random.Next(6),
            Finished = random.Next(3) == 0 ? Cases.Extreme(random) : 0,
            InArea = random.Next(4) == 0 ? 1 : 0,
            Offset = random.Next(3) == 0 ? (long)Cases.Extreme(random) << random.Next(33) : random.Next(ResultBytes),
            Length = random.Next(3) == 0 ? Lie(random) : writer.Length,
            Elapsed = random.NextInt64(),
        };
        new ReadOnlySpan<byte>(&message, ResultMessage.Size).CopyTo(body);
        new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).CopyTo(body.AsSpan(ResultMessage.Size));
        return body;
    }

    /// <summary>A length that is too small, too large or negative.</summary>
    private static long Lie(Random random) => random.Next(4) switch
    {
        0 => -random.NextInt64(),
        1 => PayloadArea.DefaultSize + random.NextInt64(1L << 40),
        2 => random.NextInt64(PayloadArea.DefaultSize),
        _ => random.Next(64 * 1024),
    };

    private static byte[] Garbage(Random random)
    {
        byte[] body = new byte[random.Next(1, 300)];
        random.NextBytes(body);
        return body;
    }

    private static unsafe void WriteCell(Random random, ItemCell* cell, RemoteItem item)
    {
        cell->Word = random.Next(3) == 0 ? random.NextInt64() : ItemCell.Pack(item.Sequence, random.Next(-3, 3));
        cell->ResultOffset = (long)Cases.Extreme(random) << random.Next(33);
        cell->ResultLength = Lie(random);
        cell->StartedAt = random.NextInt64();
    }
}
