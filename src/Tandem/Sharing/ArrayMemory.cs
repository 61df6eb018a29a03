namespace Tandem.Sharing;

/// <summary>The memory of a shared array, or of a read-only view of one, until its owner is disposed.</summary>
/// <remarks>A structure inside its owner, so that access to an element needs no second object.</remarks>
internal unsafe struct ArrayMemory<T>
    where T : unmanaged
{
    /// <summary>The shared memory; null for an array that only threads share.</summary>
    private readonly SharedSegment? _segment;
    private T[]? _array; // keeps the pinned array of threads reachable
    private T* _items; // the first element; null after Dispose

    /// <param name="array">The pinned array.</param>
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

    /// <summary>The pinned array; null in shared memory.</summary>
    internal readonly T[]? Array => _array;

    /// <exception cref="ObjectDisposedException">The owner has been disposed.</exception>
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

    /// <exception cref="ArgumentOutOfRangeException">The index is outside the array.</exception>
    /// <exception cref="ObjectDisposedException">The owner has been disposed.</exception>
    internal readonly ref T At(object owner, long index)
    {
        if ((ulong)index >= (ulong)Length)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The array has {Length} elements.");

        return ref Items(owner)[index];
    }

    /// <exception cref="InvalidOperationException">The array has more elements than a span can have.</exception>
    /// <exception cref="ObjectDisposedException">The owner has been disposed.</exception>
    internal readonly Span<T> All(object owner) => Length <= int.MaxValue
        ? new Span<T>(Items(owner), (int)Length)
        : throw new InvalidOperationException($"A span cannot have {Length} elements; use Slice.");

    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the array.</exception>
    /// <exception cref="ObjectDisposedException">The owner has been disposed.</exception>
    internal readonly Span<T> Slice(object owner, long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (start > Length - length)
            throw new ArgumentOutOfRangeException(nameof(length), $"{length} elements from {start} exceed the array of {Length} elements.");

        return new Span<T>(Items(owner) + start, length);
    }

    internal void Dispose()
    {
        _items = null;
        _array = null;
        _segment?.Close(unmap: true);
    }
}
