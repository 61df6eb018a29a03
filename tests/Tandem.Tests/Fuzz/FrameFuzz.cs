using Tandem.Transport;
using Tandem.Transport.Portable;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Fuzz;

/// <summary>What the other side wrote into a ring or a pipe, damaged: read as frames, or refused with <see cref="ProtocolException"/>.</summary>
public unsafe class FrameFuzz
{
    private const int Capacity = 4096;

    [Fact]
    public void Damaged_rings_are_read_as_frames_or_refused()
    {
        using var memory = new GuardedMemory(RingControl.Size + Capacity);
        Cases.Run(100_000, random => ReadDamaged(random, memory.Start));
    }

    /// <summary>The other side's words decide when a writer may write, and never where.</summary>
    [Fact]
    public void A_consumer_that_lies_about_its_position_has_nothing_written_outside()
    {
        using var memory = new GuardedMemory(RingControl.Size + Capacity);
        Cases.Run(20_000, random =>
        {
            var control = (RingControl*)memory.Start;
            *control = default;
            byte* data = memory.Start + RingControl.Size;
            var writer = new RingWriter(memory.Start, Capacity);
            for (int i = 0; i < 40; i++)
            {
                if (random.Next(4) == 0)
                    control->Head = random.Next(3) switch { 0 => random.NextInt64(), 1 => control->Tail + random.Next(-64, 64), _ => control->Tail };
                int length = random.Next(writer.MaximumBody + 1);
                byte* at = writer.TryReserve(FrameKind.Result, 1, 1, 1, length);
                if (at == null)
                    continue;

                Assert.True(at >= data && at + length <= data + Capacity, "A frame lies outside of the ring.");
                new Span<byte>(at, length).Fill(0xFF);
                writer.Publish();
            }
        });
    }

    private static void ReadDamaged(Random random, byte* memory)
    {
        new Span<byte>(memory, RingControl.Size + Capacity).Clear();
        var control = (RingControl*)memory;
        byte* start = memory + RingControl.Size;
        var reader = new RingReader(memory, Capacity);
        List<int> frames = Fill(random, new RingWriter(memory, Capacity), reader, start);
        var data = new Span<byte>(start, Capacity);
        switch (random.Next(6))
        {
            case 0:
                control->Tail = random.NextInt64();
                break;
            case 1:
                control->Tail += Cases.Extreme(random);
                break;
            case 2:
                random.NextBytes(data);
                break;
            case 3:
                // A length that lies, in a frame that is in order otherwise.
                BitConverter.TryWriteBytes(data[frames[random.Next(frames.Count)]..], Cases.Extreme(random));
                break;
            case 4:
                // A frame in the place of another one.
                int from = frames[random.Next(frames.Count)], to = frames[random.Next(frames.Count)];
                data.Slice(from, Math.Min(240, Capacity - Math.Max(from, to))).CopyTo(data[to..]);
                break;
            default:
                Cases.Mutate(random, data[..random.Next(1, Capacity)]);
                break;
        }

        long bytes = 0;
        try
        {
            while (reader.TryRead(out Frame frame))
            {
                Assert.True(frame.BodyLength >= 0 && frame.Body >= start && frame.Body + frame.BodyLength <= start + Capacity, "A body lies outside of the ring.");
                bytes += FrameHeader.Size + frame.BodyLength;
                // A producer that lies without end would be read without end; the ring holds no more than this.
                Assert.True(bytes <= Capacity, "More was read than the ring holds.");
            }
        }
        catch (ProtocolException)
        {
            // As it should.
        }
    }

    [Fact]
    public void Damaged_streams_are_read_as_frames_or_refused() => Cases.Run(60_000, static random =>
    {
        var buffer = new FrameBuffer();
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            byte[] body = new byte[random.Next(64)];
            random.NextBytes(body);
            buffer.Append((FrameKind)random.Next(12), random.Next(300), (uint)random.Next(), random.Next(), body, null, 0);
        }

        byte[] bytes = buffer.Bytes.ToArray();
        Cases.Mutate(random, bytes);
        using var reader = new FrameReader(new MemoryStream(bytes[..random.Next(bytes.Length + 1)]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            for (int frames = 0; reader.TryRead(out Frame frame); frames++)
                Assert.True(frame.BodyLength <= bytes.Length && frames <= bytes.Length, "More was read than there is.");
        }
        catch (ProtocolException)
        {
            // As it should.
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    });

    /// <returns>Where the frames begin.</returns>
    private static List<int> Fill(Random random, RingWriter writer, RingReader reader, byte* data)
    {
        List<int> frames = [];
        byte[] body = new byte[200];
        // Somewhere else than at the start, too.
        for (int i = random.Next(40); i > 0; i--)
        {
            writer.TryReserve(FrameKind.Hello, 0, 0, 0, random.Next(body.Length));
            writer.Publish();
            _ = reader.TryRead(out _);
            reader.Release();
        }

        for (int i = random.Next(1, 12); i > 0; i--)
        {
            random.NextBytes(body);
            int length = random.Next(body.Length);
            byte* at = writer.TryReserve((FrameKind)random.Next(12), random.Next(300), (uint)random.Next(), random.Next(), length);
            body.AsSpan(0, length).CopyTo(new Span<byte>(at, length));
            frames.Add((int)(at - FrameHeader.Size - data));
        }

        writer.Publish();
        return frames;
    }
}
