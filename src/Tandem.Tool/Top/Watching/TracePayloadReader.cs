using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tandem.Tool.Top.Watching;

/// <summary>Reads the fields of an event, one after the other.</summary>
internal ref struct TracePayloadReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal byte Byte() => Bytes(1)[0];

    internal short Int16() => BinaryPrimitives.ReadInt16LittleEndian(Bytes(2));

    internal int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    internal long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    internal double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(8));

    /// <summary>Reads a text that ends with a null character.</summary>
    internal string Text()
    {
        ReadOnlySpan<char> characters = MemoryMarshal.Cast<byte, char>(_rest);
        int length = characters.IndexOf('\0');
        if (length < 0)
            throw new InvalidDataException("An event ends in the middle of a text.");

        _rest = _rest[((length + 1) * 2)..];
        return new string(characters[..length]);
    }

    /// <summary>Reads a variable-length number: seven bits per byte, the lowest first.</summary>
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
