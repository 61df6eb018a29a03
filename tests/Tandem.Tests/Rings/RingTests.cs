using CsCheck;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Rings;

public unsafe class RingTests
{
    private const int Capacity = 1024;

    private enum Step
    {
        Write,
        Publish,
        Read,
        Release,
    }

    [Fact]
    public void A_ring_behaves_like_a_bounded_queue()
    {
        Gen<(Step Step, int Size)> step = Gen.Select(Gen.Frequency((5, Gen.Const(Step.Write)), (3, Gen.Const(Step.Publish)), (4, Gen.Const(Step.Read)), (2, Gen.Const(Step.Release))), Gen.Int[0, Capacity / 4 - FrameHeader.Size]);

        step.Array[0, 400].Sample(static steps =>
        {
            using var ring = new TestRing(Capacity);
            var reserved = new Queue<(uint, byte[])>();
            var published = new Queue<(uint, byte[])>();
            uint sequence = 0;
            foreach ((Step step, int size) in steps)
            {
                switch (step)
                {
                    case Step.Write:
                        byte[] body = [.. Enumerable.Range(0, size).Select(i => (byte)(i * 7 + sequence))];
                        if (ring.TryWrite(FrameKind.Invoke, sequence, body))
                            reserved.Enqueue((sequence++, body));
                        break;
                    case Step.Publish:
                        ring.Writer.Publish();
                        while (reserved.TryDequeue(out (uint, byte[]) frame))
                            published.Enqueue(frame);
                        break;
                    case Step.Read:
                        bool any = ring.TryRead(out var read);
                        Assert.Equal(published.Count > 0, any);
                        if (any)
                        {
                            (uint expected, byte[] bytes) = published.Dequeue();
                            Assert.Equal((FrameKind.Invoke, 3, expected, -7), (read.Kind, read.Slot, read.Sequence, read.Extra));
                            Assert.Equal(bytes, read.Body);
                        }

                        break;
                    case Step.Release:
                        ring.Reader.Release();
                        break;
                }
            }

            ring.AssertGuard();
        }, iter: 2_000);
    }

    [Fact]
    public void An_empty_ring_always_takes_the_largest_frame()
    {
        Gen.Int[0, Capacity / 4 - FrameHeader.Size].Array[1, 40].Sample(static sizes =>
        {
            using var ring = new TestRing(Capacity);
            foreach (int size in sizes)
            {
                // Wherever the ring stands, padding never stops progress.
                Assert.True(ring.TryWrite(FrameKind.Result, 1, new byte[size]));
                ring.Writer.Publish();
                Assert.True(ring.TryRead(out var read));
                Assert.Equal(size, read.Body.Length);
                ring.Reader.Release();
                Assert.True(ring.TryWrite(FrameKind.Result, 2, new byte[ring.Writer.MaximumBody]));
                ring.Writer.Publish();
                Assert.True(ring.TryRead(out _));
                ring.Reader.Release();
                Assert.False(ring.TryRead(out _));
            }
        }, iter: 300);
    }

    [Fact]
    public void A_full_ring_takes_nothing_until_bytes_are_given_back()
    {
        using var ring = new TestRing(Capacity);
        int frames = 0;
        while (ring.TryWrite(FrameKind.Invoke, (uint)frames, new byte[16]))
            frames++;
        ring.Writer.Publish();
        Assert.Equal(Capacity / 32, frames);

        Assert.True(ring.TryRead(out _));
        Assert.False(ring.TryWrite(FrameKind.Invoke, 99, new byte[16])); // read, but not given back
        ring.Reader.Release();
        Assert.True(ring.TryWrite(FrameKind.Invoke, 99, new byte[16]));
        Assert.False(ring.TryWrite(FrameKind.Invoke, 99, []));
    }

    [Fact]
    public void Frames_that_were_not_published_are_not_seen()
    {
        using var ring = new TestRing(Capacity);
        Assert.True(ring.TryWrite(FrameKind.Invoke, 1, [1, 2, 3]));
        ring.Writer.Publish();
        Assert.True(ring.TryWrite(FrameKind.Invoke, 2, [4, 5, 6]));

        // The producer dies here: its half-written frame lies in the ring, and nobody looks at it.
        Assert.True(ring.TryRead(out var read));
        Assert.Equal(1u, read.Sequence);
        Assert.False(ring.Reader.HasFrames);
        Assert.False(ring.TryRead(out _));
    }

    [Fact]
    public void A_frame_never_wraps_and_lies_aligned()
    {
        using var ring = new TestRing(Capacity);
        for (int i = 0; i < 5_000; i++)
        {
            int size = i * 37 % (Capacity / 4 - FrameHeader.Size);
            byte* at = ring.Writer.TryReserve(FrameKind.Invoke, 0, 0, 0, size);
            Assert.True(at != null);
            Assert.True(at >= ring.Data + FrameHeader.Size && at + size <= ring.Data + Capacity);
            Assert.Equal(0, (at - ring.Data) % Ring.Alignment);
            ring.Writer.Publish();
            Assert.True(ring.TryRead(out _));
            ring.Reader.Release();
        }

        ring.AssertGuard();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MaxValue - 15)]
    [InlineData(17)]
    [InlineData(Capacity)]
    public void A_length_that_lies_breaks_the_protocol(int length)
    {
        using var ring = new TestRing(Capacity);
        ring.TryWrite(FrameKind.Invoke, 1, new byte[16]);
        ring.Writer.Publish();
        ((FrameHeader*)ring.Data)->BodyLength = length;

        Assert.Throws<ProtocolException>(() => ring.TryRead(out _));
    }

    [Fact]
    public void A_frame_of_another_version_breaks_the_protocol()
    {
        using var ring = new TestRing(Capacity);
        ring.TryWrite(FrameKind.Invoke, 1, new byte[16]);
        ring.Writer.Publish();
        ((FrameHeader*)ring.Data)->Version++;

        Assert.Throws<ProtocolException>(() => ring.TryRead(out _));
    }

    [Theory]
    [InlineData(-8)]
    [InlineData(1)]
    [InlineData(Capacity + 8)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_tail_that_lies_breaks_the_protocol(long tail)
    {
        using var ring = new TestRing(Capacity);
        ring.Control->Tail = tail;

        Assert.Throws<ProtocolException>(() => ring.TryRead(out _));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(-8)]
    public void A_head_that_lies_never_makes_the_producer_overwrite(long head)
    {
        using var ring = new TestRing(Capacity);
        while (ring.TryWrite(FrameKind.Invoke, 1, new byte[48]))
        {
        }

        ring.Writer.Publish();
        long tail = ring.Control->Tail;
        ring.Control->Head = tail + head; // in the future, or further back than the ring is long

        for (int i = 0; i < 100; i++)
            _ = ring.TryWrite(FrameKind.Invoke, 2, new byte[48]);

        ring.AssertGuard();
        Assert.True(head < 0 || !ring.TryWrite(FrameKind.Invoke, 2, new byte[48]));
    }

    [Fact]
    public void Random_bytes_give_frames_inside_the_ring_or_break_the_protocol()
    {
        Gen.Select(Gen.Byte.Array[Capacity], Gen.Int[0, Capacity / 8], Gen.Bool).Sample(static (bytes, tail, plausible) =>
        {
            using var ring = new TestRing(Capacity);
            bytes.CopyTo(new Span<byte>(ring.Data, Capacity));
            if (plausible)
            {
                for (int at = 0; at + FrameHeader.Size <= Capacity; at += 64)
                {
                    ((FrameHeader*)(ring.Data + at))->Version = FrameHeader.CurrentVersion;
                    ((FrameHeader*)(ring.Data + at))->BodyLength &= 0x3F;
                }
            }

            ring.Control->Tail = tail * 8L;
            try
            {
                while (ring.Reader.TryRead(out Frame frame))
                {
                    Assert.True(frame.Body >= ring.Data && frame.BodyLength >= 0 && frame.Body + frame.BodyLength <= ring.Data + Capacity);
                    ring.Reader.Release();
                }
            }
            catch (ProtocolException)
            {
                // The other way for it to end.
            }
        }, iter: 5_000);
    }
}
