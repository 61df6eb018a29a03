using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Processes;
using Tandem.Tests.Rings;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;
using Tandem.Work;

namespace Tandem.Tests.Fuzz;

/// <summary>What fuzzing and its preparation have found, one by one.</summary>
public sealed class HostileWorkerTests : IDisposable
{
    private readonly ProcessEngine _engine = new(new ProcessPoolOptions { MaxWorkers = 1, LoggerFactory = NullLoggerFactory.Instance }.Validated(), null);
    private readonly PayloadArea _requests = new(SharedRegion.Create("tandem-fuzz", PayloadArea.DefaultSize, othersReadOnly: true));

    // Closed, so that no item goes on to a real worker.
    public HostileWorkerTests() => _engine.StopAsync(StopMode.Finish).GetAwaiter().GetResult();

    public void Dispose() => _requests.Dispose();

    [Fact]
    public void A_slot_that_nobody_took_back_is_not_freed_by_a_worker_that_says_so()
    {
        using var worker = new HostileWorker(_engine, _requests);
        Sent item = worker.Send();
        worker.Write(FrameKind.Result, slot: 9, 1, 0, Revoked);
        worker.Ring.Publish();
        worker.Poll();

        Assert.IsType<ProtocolException>(worker.Worker.Broken);
        Assert.Equal(1, worker.Worker.InFlight);
        worker.Exit();
        Assert.True(item.Task.IsFaulted);
    }

    [Fact]
    public void A_slot_that_was_taken_back_is_freed_once()
    {
        using var worker = new HostileWorker(_engine, _requests);
        Sent item = worker.Send();
        Sent other = worker.Send();
        Assert.True(worker.TryRevoke(item));
        worker.Write(FrameKind.Result, item.Item.Slot, item.Item.Sequence, 0, Revoked);
        worker.Ring.Publish();
        worker.Poll();
        Assert.Null(worker.Worker.Broken);
        Assert.Equal(1, worker.Worker.InFlight);

        worker.Write(FrameKind.Result, item.Item.Slot, item.Item.Sequence, 0, Revoked);
        worker.Ring.Publish();
        worker.Poll();
        Assert.IsType<ProtocolException>(worker.Worker.Broken);
        Assert.Equal(1, worker.Worker.InFlight);
        Assert.True(worker.Holds(other));
    }

    /// <summary>A worker can be faster than the parent's bookkeeping: an honest one looks at its cell, another one at nothing.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public unsafe void An_answer_that_comes_while_its_item_is_being_taken_back_is_no_breach(bool wasQueued)
    {
        var link = new RacingLink { WasQueued = wasQueued };
        var worker = new ProcessWorker(_engine, link);
        Sent item = HostileWorker.NewItem();
        lock (_engine.Gate)
        {
            worker.MarkIdle();
            Assert.True(item.Item.TryAssign() && worker.TrySend(item));
        }

        link.Revoking = () =>
        {
            fixed (byte* body = Revoked)
            {
                var frame = new Frame { Kind = FrameKind.Result, Slot = item.Item.Slot, Sequence = item.Item.Sequence, Body = body, BodyLength = ResultMessage.Size };
                worker.OnFrame(in frame);
            }
        };

        lock (_engine.Gate)
            Assert.True(worker.TryRevoke(item));
        worker.OnBatchEnd();

        Assert.False(item.Item.IsSettled);
        lock (_engine.Gate)
            Assert.False(worker.Holds(item));
        Assert.Equal(0, worker.InFlight);
    }

    [Theory]
    [InlineData(64L << 30)]
    [InlineData(8L << 30)]
    [InlineData(256L << 20)]
    public unsafe void Outcomes_that_were_never_written_are_not_copied(long length)
    {
        using var worker = new HostileWorker(_engine, _requests);
        RemoteItem chunk = worker.SendChunk(3);
        ItemCell* cell = worker.Cell(chunk);
        cell->ResultLength = length;
        cell->Word = ItemCell.Pack(chunk.Sequence, 1);
        var sink = new Counter();

        worker.Link.ReadFinished(chunk.Slot, chunk.Sequence, sink);

        Assert.Equal(0, sink.Calls);
        Assert.False(worker.Link.TryRecoverChunk(chunk.Slot, chunk.Sequence, out _, out _));
        var message = new ResultMessage { InArea = 1, Length = length };
        Assert.Throws<ProtocolException>(() => worker.Link.ResolveResult(default, ref message));
    }

    [Fact]
    public unsafe void Long_outcomes_that_were_written_are_read()
    {
        using var worker = new HostileWorker(_engine, _requests);
        new Span<byte>(worker.Results.Address, 3 << 20).Fill(1);
        var message = new ResultMessage { InArea = 1, Length = 3 << 20 };
        Assert.True(worker.Link.ResolveResult(default, ref message) != null);
    }

    [Fact]
    public void A_state_that_is_built_twice_is_a_breach()
    {
        using var worker = new HostileWorker(_engine, _requests);
        worker.Send();
        worker.Write(FrameKind.Result, FrameHeader.StartupSlot, 0, 0, new byte[ResultMessage.Size]);
        worker.Ring.Publish();
        worker.Poll();

        Assert.IsType<ProtocolException>(worker.Worker.Broken);
    }

    [Fact]
    public void An_answer_to_a_step_of_the_startup_that_was_not_sent_is_a_breach()
    {
        using var worker = new HostileWorker(_engine, _requests);
        worker.Worker.Life.MoveTo(WorkerState.Draining);
        worker.Write(FrameKind.Result, FrameHeader.StartupSlot, 0, 0, new byte[ResultMessage.Size]);
        worker.Ring.Publish();
        worker.Poll();

        Assert.IsType<ProtocolException>(worker.Worker.Broken);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public unsafe void Positions_of_released_blocks_that_lie_stay_inside_the_queue(long position)
    {
        using var memory = new GuardedMemory(LinkLayout.ReleasesSize);
        *(long*)memory.Start = position;
        *(long*)(memory.Start + 128) = position;
        var queue = new ReleaseQueue(memory.Start);
        queue.Push(1234);

        Assert.False(new ReadOnlySpan<byte>(memory.Start + 136, 256 - 136).ContainsAnyExcept((byte)0));
        Assert.True(queue.TryPop(out long offset));
        Assert.Equal(1234, offset);
    }

    [Fact]
    public unsafe void A_consumer_that_claims_to_be_ahead_leaves_a_ring_full()
    {
        using var ring = new TestRing(256);
        while (ring.TryWrite(FrameKind.Invoke, 1, new byte[16]))
        {
        }

        ring.Writer.Publish();
        ring.Control->Head = ring.Control->Tail + 8;
        Assert.False(ring.TryWrite(FrameKind.Invoke, 1, new byte[16]));
        Assert.False(ring.TryWrite(FrameKind.Invoke, 1, new byte[16]));
    }

    [Fact]
    public void A_worker_that_never_stops_talking_does_not_keep_a_caller()
    {
        using var worker = new HostileWorker(_engine, _requests);
        var talk = new Talk(worker);
        worker.Link.SetSink(talk);
        talk.Say();

        worker.Poll();

        Assert.InRange(talk.Heard, 1, 10_000);
        worker.Link.Start(talk);
        Assert.True(talk.Ended.Wait(Limits.Condition)); // the receiver goes on with what the caller left
    }

    private static byte[] Revoked
    {
        get
        {
            byte[] body = new byte[ResultMessage.Size];
            body[0] = (byte)Outcome.Revoked;
            return body;
        }
    }

    private sealed unsafe class Counter : IChunkSink
    {
        internal int Calls { get; private set; }

        public void OnFinished(byte* outcomes, nint length, int next) => Calls++;
    }

    /// <summary>Says something whenever it was heard, a million times.</summary>
    private sealed class Talk(HostileWorker worker) : IFrameSink
    {
        internal int Heard { get; private set; }

        internal ManualResetEventSlim Ended { get; } = new();

        internal void Say()
        {
            worker.Write(FrameKind.Hello, 0, 0, 0, []);
            worker.Ring.Publish();
        }

        public void OnFrame(in Frame frame)
        {
            // The one before is released by now.
            if (++Heard < 1_000_000)
                Say();
            else
                Ended.Set();
        }

        public void OnBatchEnd()
        {
        }

        public void OnEnding()
        {
        }

        public void OnBroken(Exception cause)
        {
        }
    }
}
