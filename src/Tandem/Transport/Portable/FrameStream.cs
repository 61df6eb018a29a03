using System.Runtime.InteropServices;

namespace Tandem.Transport.Portable;

/// <summary>Reads frames from a stream into a buffer of its own. One thread at a time. Everything that it reads is checked.</summary>
internal sealed unsafe class FrameReader(Stream stream) : IDisposable
{
    private const int InitialCapacity = 16 * 1024;

    /// <summary>A larger buffer is not kept for the next frame, which may come in hours.</summary>
    private const int KeptCapacity = 4 << 20;

    private byte* _body = (byte*)NativeMemory.Alloc(InitialCapacity);
    private int _capacity = InitialCapacity;

    /// <summary>Reads the next frame; false at the end of the stream. The body is valid until the next read.</summary>
    internal bool TryRead(out Frame frame)
    {
        frame = default;
        Shrink();
        FrameHeader header;
        if (!Fill(new Span<byte>(&header, FrameHeader.Size)))
            return false;

        if (header.BodyLength < 0 || header.Version != FrameHeader.CurrentVersion)
            throw new ProtocolException($"a frame of kind {(int)header.Kind}, version {header.Version}, has a body of {header.BodyLength} bytes");

        // A length that lies gets memory only as bytes really come.
        int filled = 0;
        while (filled < header.BodyLength)
        {
            int part = Math.Min(header.BodyLength - filled, Math.Max(InitialCapacity, filled));
            Reserve(filled + part);
            if (!Fill(new Span<byte>(_body + filled, part)))
                return false;

            filled += part;
        }

        frame = new Frame
        {
            Kind = header.Kind,
            Slot = header.Slot,
            Sequence = header.Sequence,
            Extra = header.Extra,
            Body = _body,
            BodyLength = header.BodyLength,
        };
        return true;
    }

    public void Dispose()
    {
        NativeMemory.Free(_body);
        _body = null;
    }

    private void Shrink()
    {
        if (_capacity <= KeptCapacity)
            return;

        // Not by shrinking the block, of which the allocator would keep the rest.
        NativeMemory.Free(_body);
        _body = null;
        _capacity = 0;
        Reserve(InitialCapacity);
    }

    private void Reserve(int capacity)
    {
        if (capacity <= _capacity)
            return;

        int grown = (int)Math.Min(int.MaxValue, Math.Max(capacity, _capacity * 2L));
        _body = (byte*)NativeMemory.Realloc(_body, (nuint)grown);
        _capacity = grown;
    }

    private bool Fill(Span<byte> target)
    {
        try
        {
            while (!target.IsEmpty)
            {
                int read = stream.Read(target);
                if (read == 0)
                    return false;

                target = target[read..];
            }

            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return false; // the other side is gone, or this one is closing
        }
    }
}

/// <summary>Bytes on their way out: frames are appended under a lock and written by whoever flushes.</summary>
internal sealed unsafe class FrameBuffer
{
    private byte[] _bytes = new byte[4096];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    internal void Clear() => Length = 0;

    internal void Append(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> head, byte* tail, nint tailLength)
    {
        long body = head.Length + (long)tailLength;
        if (body > Array.MaxLength - FrameHeader.Size - (long)Length)
            throw new WorkSerializationException($"a payload of {body} bytes is more than the portable transport takes at once: 2 GiB");

        var header = new FrameHeader
        {
            BodyLength = (int)body,
            Kind = kind,
            Version = FrameHeader.CurrentVersion,
            Slot = (ushort)slot,
            Sequence = sequence,
            Extra = extra,
        };
        Write(new ReadOnlySpan<byte>(&header, FrameHeader.Size));
        Write(head);
        Write(new ReadOnlySpan<byte>(tail, (int)tailLength));
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(Length + (long)bytes.Length, _bytes.Length * 2L)));

        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Lets go of a buffer that one large payload has blown up.</summary>
    internal void Shrink()
    {
        Clear();
        if (_bytes.Length > 4 << 20)
            _bytes = new byte[4096];
    }
}
