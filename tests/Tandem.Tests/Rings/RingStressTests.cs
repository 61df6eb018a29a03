using System.Runtime.Versioning;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Rings;

/// <summary>Two threads on the two ends of a ring.</summary>
[UnsupportedOSPlatform("windows")]
public class RingStressTests
{
    private const int Messages = 5_000_000;

    [Fact(Timeout = Limits.Test)]
    public async Task Millions_of_small_frames_arrive_whole_and_in_order()
    {
        using var ring = new TestRing(64 * 1024);
        Task producer = Task.Run(() => Produce(ring));
        Task consumer = Task.Run(() => Consume(ring, producer));

        await Task.WhenAll(producer, consumer);
        ring.AssertGuard();
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("futex")]
    [InlineData("pipe of another process")]
    [InlineData("pipe of this process")]
    [InlineData("event")]
    public async Task A_doorbell_loses_no_wake_up(string kind)
    {
        using var ring = new TestRing(4 * 1024);
        using var bells = TestBells.Create(kind);
        const int Rounds = 200_000;
        Task consumer = Task.Run(() => Receive(ring, bells.Consumer, Rounds));
        Task producer = Task.Run(() => Ring(ring, bells.Producer, Rounds));

        await Task.WhenAll(producer, consumer);
    }

    private static unsafe void Receive(TestRing ring, Bell? waits, int rounds)
    {
        var bell = new Doorbell(ring.Memory, waits);
        for (int received = 0; received < rounds;)
        {
            if (ring.Reader.TryRead(out _))
            {
                received++;
                ring.Reader.Release();
                continue;
            }

            int signal = bell.Prepare();
            bell.Announce();
            if (!ring.Reader.HasFrames)
                SleepUntilWoken(bell, ring, signal);
            bell.Withdraw();
        }
    }

    /// <summary>
    /// The safety net of a sleep, ten seconds, must never be what ends it while frames are there: who published them rings. It may do so
    /// late, where the producer did not run for ten seconds.
    /// </summary>
    private static void SleepUntilWoken(Doorbell bell, TestRing ring, int signal)
    {
        long start = Environment.TickCount64;
        bell.Sleep(signal, again: true);
        if (Environment.TickCount64 - start >= 10_000 && ring.Reader.HasFrames && !SpinWait.SpinUntil(() => bell.Prepare() != signal, Limits.Condition))
            throw new InvalidOperationException("a wake-up was lost");
    }

    private static unsafe void Ring(TestRing ring, Bell? rings, int rounds)
    {
        var bell = new Doorbell(ring.Memory, rings);
        for (int i = 0; i < rounds;)
        {
            if (ring.Writer.TryReserve(FrameKind.Invoke, 0, (uint)i, 0, 8) == null)
            {
                Thread.Yield();
                continue;
            }

            i++;
            ring.Writer.Publish();
            if (bell.MustWake())
                bell.Wake();
            if (i % 64 == 0)
                Thread.Yield();
        }
    }

    private static unsafe void Produce(TestRing ring)
    {
        uint random = 12345;
        for (uint i = 0; i < Messages;)
        {
            int words = (int)(random % 6);
            byte* body = ring.Writer.TryReserve(FrameKind.Invoke, (int)(i & 0xFF), i, (int)~i, words * 8);
            if (body == null)
            {
                ring.Writer.Publish();
                Thread.Yield();
                continue;
            }

            for (int w = 0; w < words; w++)
                ((ulong*)body)[w] = Mix(i, w);

            random = random * 1664525 + 1013904223 >> 1;
            i++;
            if (random % 8 == 0)
                ring.Writer.Publish();
        }

        ring.Writer.Publish();
    }

    private static unsafe void Consume(TestRing ring, Task producer)
    {
        uint random = 12345;
        for (uint i = 0; i < Messages;)
        {
            if (!ring.Reader.TryRead(out Frame frame))
            {
                if (producer.IsFaulted)
                    return;

                Thread.Yield();
                continue;
            }

            int words = (int)(random % 6);
            if (frame.Sequence != i || frame.Slot != (int)(i & 0xFF) || frame.Extra != (int)~i || frame.BodyLength != words * 8)
                throw new InvalidOperationException($"frame {frame.Sequence} of {frame.BodyLength} bytes came where frame {i} of {words * 8} was due");

            for (int w = 0; w < words; w++)
            {
                if (((ulong*)frame.Body)[w] != Mix(i, w))
                    throw new InvalidOperationException($"word {w} of frame {i} is damaged");
            }

            random = random * 1664525 + 1013904223 >> 1;
            i++;
            if (i % 5 == 0)
                ring.Reader.Release();
        }

        ring.Reader.Release();
    }

    private static ulong Mix(uint frame, int word) => (frame * 0x9E3779B97F4A7C15UL) ^ ((ulong)word << 56);
}
