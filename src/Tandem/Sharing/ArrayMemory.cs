namespace Tandem.Sharing;

/// <summary>The elements of a shared array or of a view of one: where they are, until its owner is disposed of.</summary>
/// <remarks>A structure within its owner, so that an element costs no second object.</remarks>
internal unsafe struct ArrayMemory<T>
    where T : unmanaged
{
    private readonly SharedSegment? _segment;
    private T[]? _array; // keeps the pinned memory of an array for threads
    private T* _items;

    /// <param name="array">Pinned.</param>
    internal ArrayMemory(T[] array)
    {
        _array = array;
        _items = (T*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        Length = array.Length;
    }

    internal ArrayMemory(SharedSegment segment)
    {
        _segment = segment;
        _items = (T*)segment.Data;
        Length = Elements.CountOf<T>(segment);
    }

    internal readonly long Length { get; }

    internal readonly Isolation Isolation => _segment is null ? Isolation.Thread : Isolation.Process;

    /// <summary>Of an array for threads.</summary>
    internal readonly T[]? Array => _array;

    /// <exception cref="ObjectDisposedException">The owner was disposed of.</exception>
    internal readonly T* Items(object owner)
    {
        T* items = _items;
        ObjectDisposedException.ThrowIf(items == null, owner);
        return items;
    }

    /// <inheritdoc cref="Items"/>
    internal readonly SharedSegment? Segment(object owner)
    {
        _ = Items(owner);
        return _segment;
    }

    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="ObjectDisposedException">The owner was disposed of.</exception>
    internal readonly ref T At(object owner, long index)
    {
        if ((ulong)index >= (ulong)Length)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The array has {Length} elements.");

        return ref Items(owner)[index];
    }

    /// <exception cref="InvalidOperationException">There are more elements than a span can have.</exception>
    /// <exception cref="ObjectDisposedException">The owner was disposed of.</exception>
    internal readonly Span<T> All(object owner) => Length <= int.MaxValue
        ? new Span<T>(Items(owner), (int)Length)
        : throw new InvalidOperationException($"A span cannot have {Length} elements; use Slice.");

    /// <exception cref="ArgumentOutOfRangeException">They are not all within the array.</exception>
    /// <exception cref="ObjectDisposedException">The owner was disposed of.</exception>
    internal readonly Span<T> Slice(object owner, long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (start > Length - length)
            throw new ArgumentOutOfRangeException(nameof(length), $"{length} elements from {start} of {Length}.");

        return new Span<T>(Items(owner) + start, length);
    }

    internal void Dispose()
    {
        _items = null;
        _array = null;
        _segment?.Close(unmap: true);
    }
}
