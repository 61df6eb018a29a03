using System.Runtime.InteropServices;

namespace Tandem.Transport.Portable;

/// <summary>Reads frames from a stream into its own buffer. Not thread-safe. Everything that it reads is checked.</summary>
internal sealed unsafe class FrameReader(Stream stream) : IDisposable
{
    private const int InitialCapacity = 16 * 1024;

    /// <summary>A larger buffer is freed after use, because the next frame may arrive much later.</summary>
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
        {
            throw new ProtocolException(
                $"a frame of kind {(int)header.Kind}, version {header.Version}, has a body of {header.BodyLength} bytes");
        }

        // The length is not trusted: the buffer grows only as bytes actually arrive.
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

        // Do not shrink the block in place: the allocator would keep its rest.
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
            return false; // the other side has closed the stream, or this side is closing it
        }
    }
}
