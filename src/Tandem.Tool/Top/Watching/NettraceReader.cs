using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Tandem.Tool.Top.Watching;

/// <summary>Reads the events of a running session in the format that the runtime writes to its diagnostics port ("nettrace", version 4).</summary>
/// <remarks>
/// The format is documented by the TraceEvent library (EventPipeFormat.md), which is not used here: it is ten times the size of this
/// tool. Only what single events need is read. What comes is another process's word: lengths are checked.
/// </remarks>
internal sealed class NettraceReader(Stream stream)
{
    private const byte NullReference = 1;
    private const byte BeginObject = 5;
    private const byte EndObject = 6;
    private const int LargestBlock = 64 << 20;

    private readonly Dictionary<int, EventKind> _kinds = [];
    private byte[] _buffer = new byte[64 * 1024];
    private long _position;

    /// <summary>An event has come.</summary>
    internal delegate void Receiver(string provider, int id, ReadOnlySpan<byte> payload);

    /// <summary>Reads until the session ends.</summary>
    /// <exception cref="InvalidDataException">What came is not in this format.</exception>
    internal async Task ReadAsync(Receiver receiver, CancellationToken cancellationToken)
    {
        await ExpectAsync("Nettrace", cancellationToken).ConfigureAwait(false);
        int length = await ReadInt32Async(cancellationToken).ConfigureAwait(false);
        await ExpectAsync("!FastSerialization.1", cancellationToken).ConfigureAwait(false);
        Require(length == 20);
        while (await ReadByteAsync(cancellationToken).ConfigureAwait(false) is var tag && tag != NullReference)
        {
            Require(tag == BeginObject);
            await ReadObjectAsync(receiver, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadObjectAsync(Receiver receiver, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> head = await ReadAsync(14, cancellationToken).ConfigureAwait(false);
        Require(head.Span[0] == BeginObject && head.Span[1] == NullReference);
        int version = BinaryPrimitives.ReadInt32LittleEndian(head.Span[2..]);
        int nameLength = BinaryPrimitives.ReadInt32LittleEndian(head.Span[10..]);
        Require(nameLength is > 0 and < 64);
        string type = Encoding.ASCII.GetString((await ReadAsync(nameLength, cancellationToken).ConfigureAwait(false)).Span);
        Require(await ReadByteAsync(cancellationToken).ConfigureAwait(false) == EndObject);
        if (type == "Trace")
        {
            Require(version == 4);
            await ReadAsync(48, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            int size = await ReadInt32Async(cancellationToken).ConfigureAwait(false);
            Require(size is >= 0 and <= LargestBlock);
            await ReadAsync((int)(-_position & 3), cancellationToken).ConfigureAwait(false);
            ReadOnlyMemory<byte> block = await ReadAsync(size, cancellationToken).ConfigureAwait(false);
            if (type is "EventBlock" or "MetadataBlock")
                ReadBlock(block.Span, isMetadata: type == "MetadataBlock", receiver);
        }

        Require(await ReadByteAsync(cancellationToken).ConfigureAwait(false) == EndObject);
    }

    private void ReadBlock(ReadOnlySpan<byte> block, bool isMetadata, Receiver receiver)
    {
        var reader = new PayloadReader(block);
        int headerSize = reader.Int16();
        bool isCompressed = (reader.Int16() & 1) != 0;
        Require(isCompressed && headerSize >= 4);
        reader.Skip(headerSize - 4);
        int metadataId = 0;
        int length = 0;
        while (!reader.IsAtEnd)
        {
            // What is not there is as it was for the event before.
            int flags = reader.Byte();
            if ((flags & 1) != 0)
                metadataId = (int)reader.Variable();
            if ((flags & 2) != 0)
            {
                _ = reader.Variable(); // sequence number
                _ = reader.Variable(); // thread that wrote it
                _ = reader.Variable(); // processor
            }

            if ((flags & 4) != 0)
                _ = reader.Variable(); // thread
            if ((flags & 8) != 0)
                _ = reader.Variable(); // stack
            _ = reader.Variable(); // time
            reader.Skip((flags & 16) != 0 ? 16 : 0);
            reader.Skip((flags & 32) != 0 ? 16 : 0);
            if ((flags & 128) != 0)
                length = checked((int)reader.Variable());

            ReadOnlySpan<byte> payload = reader.Bytes(length);
            if (isMetadata)
                Define(payload);
            else if (_kinds.TryGetValue(metadataId, out EventKind? kind))
                receiver(kind.Provider, kind.Id, payload);
        }
    }

    private void Define(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        int metadataId = reader.Int32();
        string provider = reader.Text();
        _kinds[metadataId] = new EventKind(provider, reader.Int32());
    }

    private async Task ExpectAsync(string text, CancellationToken cancellationToken) =>
        Require((await ReadAsync(text.Length, cancellationToken).ConfigureAwait(false)).Span.SequenceEqual(Encoding.ASCII.GetBytes(text)));

    private async ValueTask<byte> ReadByteAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(1, cancellationToken).ConfigureAwait(false)).Span[0];

    private async ValueTask<int> ReadInt32Async(CancellationToken cancellationToken) =>
        BinaryPrimitives.ReadInt32LittleEndian((await ReadAsync(4, cancellationToken).ConfigureAwait(false)).Span);

    /// <summary>Valid until the next read.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int length, CancellationToken cancellationToken)
    {
        if (_buffer.Length < length)
            _buffer = new byte[length];

        Memory<byte> wanted = _buffer.AsMemory(0, length);
        await stream.ReadExactlyAsync(wanted, cancellationToken).ConfigureAwait(false);
        _position += length;
        return wanted;
    }

    private static void Require(bool condition)
    {
        if (!condition)
            throw new InvalidDataException("The process's diagnostics port sends events in a format that this version of tandem does not know.");
    }

    private sealed record EventKind(string Provider, int Id);
}

/// <summary>Reads the fields of an event, one after the other.</summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal byte Byte() => Bytes(1)[0];

    internal short Int16() => BinaryPrimitives.ReadInt16LittleEndian(Bytes(2));

    internal int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    internal long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    internal double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(8));

    /// <summary>Up to a null character.</summary>
    internal string Text()
    {
        ReadOnlySpan<char> characters = MemoryMarshal.Cast<byte, char>(_rest);
        int length = characters.IndexOf('\0');
        if (length < 0)
            throw new InvalidDataException("An event ends within a text.");

        _rest = _rest[((length + 1) * 2)..];
        return new string(characters[..length]);
    }

    /// <summary>Seven bits a byte, the lowest first.</summary>
    internal ulong Variable()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if ((part & 0x80) == 0)
                return value;
        }

        throw new InvalidDataException("A number does not end.");
    }

    internal void Skip(int length) => Bytes(length);

    internal ReadOnlySpan<byte> Bytes(int length)
    {
        if ((uint)length > (uint)_rest.Length)
            throw new InvalidDataException("An event is shorter than it says.");

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
