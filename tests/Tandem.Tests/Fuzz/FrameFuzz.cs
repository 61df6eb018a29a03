using Tandem.Tests.Rings;
using Tandem.Transport;
using Tandem.Transport.Portable;

namespace Tandem.Tests.Fuzz;

/// <summary>What the other side wrote into a ring or a pipe, damaged: read as frames, or refused with <see cref="ProtocolException"/>.</summary>
public unsafe class FrameFuzz
{
    private const int Capacity = 4096;

    [Fact]
    public void Damaged_rings_are_read_as_frames_or_refused() => Cases.Run(100_000, static random =>
    {
        using var ring = new TestRing(Capacity);
        Fill(random, ring);
        var data = new Span<byte>(ring.Data, Capacity);
        switch (random.Next(4))
        {
            case 0:
                ring.Control->Tail = random.NextInt64();
                break;
            case 1:
                ring.Control->Tail += Cases.Extreme(random);
                break;
            case 2:
                random.NextBytes(data);
                break;
            default:
                Cases.Mutate(random, data[..random.Next(1, Capacity)]);
                break;
        }

        long bytes = 0;
        try
        {
            while (ring.Reader.TryRead(out Frame frame))
            {
                Assert.True(frame.BodyLength >= 0 && frame.Body >= ring.Data && frame.Body + frame.BodyLength <= ring.Data + Capacity, "A body lies outside of the ring.");
                bytes += FrameHeader.Size + frame.BodyLength;
                // A producer that lies without end would be read without end; the ring holds no more than this.
                Assert.True(bytes <= Capacity, "More was read than the ring holds.");
            }
        }
        catch (ProtocolException)
        {
            // As it should.
        }

        ring.AssertGuard();
    });

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

    private static void Fill(Random random, TestRing ring)
    {
        byte[] body = new byte[200];
        for (int i = random.Next(1, 12); i > 0; i--)
        {
            random.NextBytes(body);
            ring.TryWrite((FrameKind)random.Next(12), (uint)random.Next(), body.AsSpan(0, random.Next(body.Length)), random.Next(300), random.Next());
        }

        ring.Writer.Publish();
        // Somewhere else than at the start, too.
        for (int i = random.Next(4); i > 0 && ring.Reader.TryRead(out _); i--)
            ring.Reader.Release();
    }
}
