using System.Buffers.Binary;
using System.Text;

namespace Tandem.Tool.Top.Watching;

/// <summary>
/// Reads the events of a running session in the format that the runtime writes to its diagnostics port ("nettrace", version 4).
/// </summary>
/// <remarks>
/// The format is documented by the TraceEvent library (EventPipeFormat.md). The library is not used here, because it is ten times the size
/// of this tool. This class reads only what single events need. The data comes from another process, so lengths are checked.
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

    /// <summary>Receives an event.</summary>
    internal delegate void Receiver(string provider, int id, ReadOnlySpan<byte> payload);

    /// <summary>Reads until the session ends.</summary>
    /// <exception cref="InvalidDataException">The data is not in this format.</exception>
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
        var reader = new TracePayloadReader(block);
        int headerSize = reader.Int16();
        bool isCompressed = (reader.Int16() & 1) != 0;
        Require(isCompressed && headerSize >= 4);
        reader.Skip(headerSize - 4);
        int metadataId = 0;
        int length = 0;
        while (!reader.IsAtEnd)
        {
            // A field that is absent has the value of the previous event.
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
        var reader = new TracePayloadReader(payload);
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

    /// <summary>Reads a number of bytes. The result is valid until the next read.</summary>
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
        {
            throw new InvalidDataException(
                "The process's diagnostics port sends events in a format that this version of tandem does not know.");
        }
    }

    private sealed record EventKind(string Provider, int Id);
}
