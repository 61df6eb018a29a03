using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Interop;
using Tandem.Invocation;
using Tandem.Processes;
using Tandem.Serialization;
using Tandem.Transport;
using Tandem.Transport.Portable;
using Tandem.Work;

namespace Tandem.Tests.Fuzz;

/// <summary>A worker that writes what it likes into the parent's pipes, or reads nothing from them, or closes them in the middle of a frame.</summary>
public sealed class PortableFuzz
{
    private readonly ProcessEngine _engine = new(new ProcessPoolOptions { MaxWorkers = 1, LoggerFactory = NullLoggerFactory.Instance }.Validated(), null);

    // Closed, so that no item goes on to a real worker.
    public PortableFuzz() => _engine.StopAsync(StopMode.Finish).GetAwaiter().GetResult();

    [Fact]
    public void Whatever_comes_through_a_pipe_each_item_ends() => Cases.Run(1_500, Case);

    [Fact]
    public async Task A_worker_that_reads_nothing_holds_up_nobody()
    {
        string name = NewName();
        var link = new PortableLink(name);
        var worker = new ProcessWorker(_engine, link);
        using var data = new NamedPipeClientStream(".", name, PipeDirection.InOut);
        using var control = new NamedPipeClientStream(".", name + ".c", PipeDirection.InOut);
        data.Connect(30_000);
        control.Connect(30_000);
        Sent item = HostileWorker.NewItem(new CallPayload(HostileWorker.NewItem().Item.Payload.RemoteMethod, new byte[4 << 20]));
        lock (_engine.Gate)
        {
            worker.MarkIdle();
            Assert.True(item.Item.TryAssign() && worker.TrySend(item));
        }

        link.Flush();
        link.Start(worker);
        Assert.Equal(1, await data.ReadAsync(new byte[1])); // both pipes are connected

        // A pool's lock is held while this is called.
        await Task.Run(() => Parallel.For(0, 10_000, i => link.SendControl(FrameKind.Cancel, 0, 1, i))).WaitAsync(Limits.Condition);

        data.Dispose();
        control.Dispose();
        await Task.Run(() => _engine.OnExited(worker, new ExitStatus(null, 9))).WaitAsync(Limits.Condition);
        Assert.True(item.Task.IsFaulted);
    }

    [Fact]
    public async Task Control_frames_that_had_to_wait_arrive_whole_and_in_order()
    {
        const int Count = 5_000;
        string name = NewName();
        using var link = new PortableLink(name);
        using var data = new NamedPipeClientStream(".", name, PipeDirection.InOut);
        using var control = new NamedPipeClientStream(".", name + ".c", PipeDirection.InOut);
        data.Connect(30_000);
        control.Connect(30_000);
        link.Start(new ProcessWorker(_engine, link));
        await Task.Run(() =>
        {
            for (int i = 0; i < Count; i++)
                link.SendControl(FrameKind.Cancel, 0, 1, i);
        }).WaitAsync(Limits.Condition);

        await Task.Run(() =>
        {
            using var reader = new FrameReader(control);
            for (int i = 0; i < Count; i++)
            {
                Assert.True(reader.TryRead(out Frame frame));
                Assert.Equal((FrameKind.Cancel, i), (frame.Kind, frame.Extra));
            }
        }).WaitAsync(Limits.Condition);
        data.Dispose();
        control.Dispose();
    }

    private void Case(Random random)
    {
        string name = NewName();
        var link = new PortableLink(name);
        var worker = new ProcessWorker(_engine, link);
        List<Sent> items = [];
        lock (_engine.Gate)
            worker.MarkIdle();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            Sent item = random.Next(2) == 0 ? HostileWorker.NewItem() : HostileWorker.NewChunk(_engine, random.Next(1, 8));
            lock (_engine.Gate)
                Assert.True(item.Item.TryAssign() && worker.TrySend(item));
            items.Add(item);
        }

        link.Flush();
        byte[] bytes = Answers(random, items);
        using (var data = new NamedPipeClientStream(".", name, PipeDirection.InOut))
        using (var control = new NamedPipeClientStream(".", name + ".c", PipeDirection.InOut))
        {
            data.Connect(30_000);
            if (random.Next(10) > 0)
                control.Connect(30_000);
            link.Start(worker);
            if (control.IsConnected && random.Next(10) > 0)
                Assert.Equal(1, data.Read(new byte[1])); // both pipes are connected
            try
            {
                data.Write(bytes);
            }
            catch (IOException)
            {
                // The parent has seen enough.
            }
        }

        _engine.OnExited(worker, new ExitStatus(null, 9));
        _engine.FailWaiting(new InvalidOperationException("no other worker")); // what goes on to another one
        foreach ((RemoteItem item, Task task) in items)
        {
            // What an ended pool can run nowhere is given up on the thread pool.
            Assert.True(SpinWait.SpinUntil(() => item.IsSettled, Limits.Condition), $"An item of {item.ElementCount} elements hangs, {item.State}.");
            _ = task.Exception;
        }
    }

    private static unsafe byte[] Answers(Random random, List<Sent> items)
    {
        var buffer = new FrameBuffer();
        for (int i = random.Next(1, 10); i > 0; i--)
        {
            RemoteItem item = items[random.Next(items.Count)];
            int finished = random.Next(item.ElementCount + 1);
            byte[] payload = random.Next(6) == 0 ? new byte[random.Next(100)] : Outcome(item, finished);
            if (random.Next(4) == 0)
                Cases.Mutate(random, payload);
            uint sequence = random.Next(12) == 0 ? (uint)random.Next(4) : item.Sequence;
            int slot = random.Next(12) == 0 ? random.Next(0x10000) : item.Slot;
            switch (random.Next(6))
            {
                case 0:
                    buffer.Append(FrameKind.Started, slot, sequence, random.Next(6) == 0 ? Cases.Extreme(random) : finished, [], null, 0);
                    break;
                case 1:
                    buffer.Append(FrameKind.Element, slot, sequence, random.Next(6) == 0 ? Cases.Extreme(random) : finished, payload, null, 0);
                    break;
                case 2:
                    buffer.Append((FrameKind)random.Next(14), slot, sequence, random.Next(), payload, null, 0);
                    break;
                default:
                    var message = new ResultMessage
                    {
                        Outcome = random.Next(6) == 0 ? (Outcome)random.Next(-1, 6) : item.ElementCount == 0 ? Transport.Outcome.Completed : Transport.Outcome.Chunk,
                        Finished = finished,
                        Length = random.Next(8) == 0 ? random.NextInt64() : payload.Length,
                    };
                    byte[] body = [.. MemoryMarshal.AsBytes(new ReadOnlySpan<ResultMessage>(in message)), .. payload];
                    buffer.Append(FrameKind.Result, slot, sequence, 0, body, null, 0);
                    break;
            }
        }

        byte[] bytes = buffer.Bytes.ToArray();
        if (random.Next(2) == 0)
            Cases.Mutate(random, bytes);
        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static unsafe byte[] Outcome(RemoteItem item, int finished)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance, CallLinks.ForResults);
        for (int i = 0; i < finished; i++)
        {
            writer.Write(Transport.Outcome.Completed);
            ChunkElement.Write(writer, Codec<string>.Instance, "an outcome");
        }

        if (item.ElementCount == 0)
            Codec<string>.Instance.Write(writer, "a result");
        return new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
    }

    private static string NewName() => $"tandem-fuzz-{Guid.NewGuid():N}";
}
