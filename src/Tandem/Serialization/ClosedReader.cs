using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>
/// Reads values of closed types from bytes of a process that is not trusted. The bytes are a copy: the other process may change its own
/// while they are checked.
/// </summary>
internal sealed class ClosedReader
{
    private readonly byte[] _bytes;
    private readonly ClosedLimits _limits;
    private readonly List<object?> _objects = []; // null for an object that is not complete
    private int _position;
    private long _memory;
    private int _depth;

    internal ClosedReader(ReadOnlySpan<byte> bytes, ClosedLimits limits)
    {
        if (bytes.Length > limits.Bytes)
            throw new PayloadCorruptException($"a value of {bytes.Length} bytes; the limit is {limits.Bytes}");

        _bytes = bytes.ToArray();
        _limits = limits;
    }

    /// <summary>The number of bytes not read yet.</summary>
    internal int Remaining => _bytes.Length - _position;

    internal ReadOnlySpan<byte> Take(int size)
    {
        if ((uint)size > (uint)Remaining)
            throw new PayloadCorruptException($"a value of {size} bytes where {Remaining} are left");

        _position += size;
        return _bytes.AsSpan(_position - size, size);
    }

    internal T Read<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Take(Unsafe.SizeOf<T>()));

    internal int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>Reads a count of elements.</summary>
    /// <param name="minimumSize">A lower bound for the bytes of an element in the payload.</param>
    /// <param name="size">The memory that an element takes, in bytes.</param>
    internal int ReadCount(int minimumSize, int size)
    {
        int count = ReadInt32();
        if (count < 0 || (long)count * minimumSize > Remaining)
            throw new PayloadCorruptException($"a count of {count} where {Remaining} bytes are left");

        Charge((long)count * size);
        return count;
    }

    internal string? ReadString()
    {
        int length = ReadInt32();
        if (length == -1)
            return null;

        if (length < 0 || length > Remaining / sizeof(char))
            throw new PayloadCorruptException($"a string of length {length}");

        return new string(MemoryMarshal.Cast<byte, char>(Take(length * sizeof(char))));
    }

    /// <summary>Reserves the number of an object that is created from its parts.</summary>
    /// <param name="size">The memory that it takes, in bytes, without elements.</param>
    internal int Reserve(int size)
    {
        Charge(size);
        _objects.Add(null);
        return _objects.Count - 1;
    }

    internal void Finish(int number, object value) => _objects[number] = value;

    internal object ObjectAt(int number) => (uint)number < (uint)_objects.Count && _objects[number] is { } value
        ? value : throw new PayloadCorruptException($"a reference to object {number}");

    internal void Enter()
    {
        if (++_depth > _limits.Depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new PayloadCorruptException($"objects nested more than {_limits.Depth} deep");
    }

    internal void Leave() => _depth--;

    private void Charge(long size)
    {
        _memory += size;
        if (_memory > _limits.Memory)
            throw new PayloadCorruptException($"a value that takes more than {_limits.Memory} bytes");
    }
}
