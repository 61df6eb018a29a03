using System.Runtime.InteropServices;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Rings;

/// <summary>Both ends of a ring in plain memory, with a guard behind it that must stay as it is.</summary>
internal sealed unsafe class TestRing : IDisposable
{
    private const int Guard = 4096;
    private const byte GuardValue = 0xA5;

    internal TestRing(int capacity)
    {
        Capacity = capacity;
        Memory = (byte*)NativeMemory.AlignedAlloc((nuint)(RingControl.Size + capacity + Guard), 128);
        new Span<byte>(Memory, RingControl.Size + capacity).Clear();
        new Span<byte>(Memory + RingControl.Size + capacity, Guard).Fill(GuardValue);
        Writer = new RingWriter(Memory, capacity);
        Reader = new RingReader(Memory, capacity);
    }

    internal int Capacity { get; }

    internal byte* Memory { get; }

    internal RingControl* Control => (RingControl*)Memory;

    internal byte* Data => Memory + RingControl.Size;

    internal RingWriter Writer { get; }

    internal RingReader Reader { get; }

    /// <summary>Reserves a frame and fills its body, without publishing it.</summary>
    internal bool TryWrite(FrameKind kind, uint sequence, ReadOnlySpan<byte> body, int slot = 3, int extra = -7)
    {
        byte* at = Writer.TryReserve(kind, slot, sequence, extra, body.Length);
        if (at == null)
            return false;

        body.CopyTo(new Span<byte>(at, body.Length));
        return true;
    }

    /// <summary>Reads a frame and copies it.</summary>
    internal bool TryRead(out (FrameKind Kind, int Slot, uint Sequence, int Extra, byte[] Body) frame)
    {
        bool any = Reader.TryRead(out Frame read);
        frame = any ? (read.Kind, read.Slot, read.Sequence, read.Extra, new ReadOnlySpan<byte>(read.Body, read.BodyLength).ToArray()) : default;
        return any;
    }

    internal void AssertGuard() => Assert.False(new ReadOnlySpan<byte>(Data + Capacity, Guard).ContainsAnyExcept(GuardValue));

    public void Dispose() => NativeMemory.AlignedFree(Memory);
}
