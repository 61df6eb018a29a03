using System.Diagnostics;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// A view of a <see cref="SharedArray{T}"/> that can only be read; see <see cref="SharedArray{T}.AsReadOnly"/>. It travels like the
/// array, and a process that gets only the view has no way to write that the language or a native library offers.
/// </summary>
/// <typeparam name="T">The type of the elements.</typeparam>
[DebuggerDisplay("ReadOnlySharedArray<{typeof(T).Name,nq}>[{Length}]")]
public sealed unsafe class ReadOnlySharedArray<T> : ISharedObject<ReadOnlySharedArray<T>>, IDisposable
    where T : unmanaged
{
    private readonly SharedSegment? _segment;
    private T[]? _array;
    private T* _items;

    internal ReadOnlySharedArray(T[] array, T* items)
    {
        _array = array;
        _items = items;
        Length = array.Length;
    }

    private ReadOnlySharedArray(SharedSegment segment)
    {
        _segment = segment;
        Length = Elements.CountOf<T>(segment);
        _items = (T*)segment.Data;
    }

    /// <summary>How many elements it has.</summary>
    public long Length { get; }

    /// <summary>Who can share it.</summary>
    public Isolation Isolation => _segment is null ? Isolation.Thread : Isolation.Process;

    /// <summary>All elements.</summary>
    /// <exception cref="InvalidOperationException">It has more elements than a span can; see <see cref="Slice"/>.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public ReadOnlySpan<T> Span => Length <= int.MaxValue
        ? new ReadOnlySpan<T>(Items, (int)Length)
        : throw new InvalidOperationException($"A span cannot have {Length} elements; use Slice.");

    /// <summary>An element, in place.</summary>
    /// <param name="index">From 0 to <see cref="Length"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public ref readonly T this[long index]
    {
        get
        {
            if ((ulong)index >= (ulong)Length)
                throw new ArgumentOutOfRangeException(nameof(index), index, $"The array has {Length} elements.");

            return ref Items[index];
        }
    }

    SharedSegment? ISharedObject.Segment
    {
        get
        {
            _ = Items;
            return _segment;
        }
    }

    private T* Items
    {
        get
        {
            T* items = _items;
            ObjectDisposedException.ThrowIf(items == null, this);
            return items;
        }
    }

    static ReadOnlySharedArray<T> ISharedObject<ReadOnlySharedArray<T>>.Open(SharedSegment segment)
    {
        Elements.Expect<T>(segment, SegmentKind.Array, sizeof(T));
        if (!segment.IsReadOnly)
            throw new Serialization.PayloadCorruptException("a writable array where a view for reading is due");

        return new ReadOnlySharedArray<T>(segment);
    }

    internal static ReadOnlySharedArray<T> Of(SharedSegment writable)
    {
        SharedSegment segment = writable.OpenReadOnly();
        var view = new ReadOnlySharedArray<T>(segment);
        SharedObjects.Add(view, segment);
        return view;
    }

    /// <summary>Some of the elements, in place.</summary>
    /// <param name="start">The first.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">They are not all within the array.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public ReadOnlySpan<T> Slice(long start, int length)
    {
        SharedArray<T>.CheckRange(start, length, Length);
        return new ReadOnlySpan<T>(Items + start, length);
    }

    /// <summary>Gives up the view; the array and other views of it are not touched.</summary>
    public void Dispose()
    {
        _items = null;
        _array = null;
        _segment?.Close(unmap: true);
    }
}
