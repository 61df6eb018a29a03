namespace Tandem.Transport.Portable;

/// <summary>Outgoing bytes. The owner appends frames under its lock; the thread that sends writes them to the stream.</summary>
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
            throw new WorkSerializationException($"a payload of {body} bytes exceeds the maximum of the portable transport (2 GiB)");

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

    /// <summary>Clears the buffer, and replaces it if a large payload has enlarged it.</summary>
    internal void Shrink()
    {
        Clear();
        if (_bytes.Length > 4 << 20)
            _bytes = new byte[4096];
    }
}
