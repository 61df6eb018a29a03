using System.Diagnostics;
using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// A view of a <see cref="SharedArray{T}"/> that can only be read; see <see cref="SharedArray{T}.AsReadOnly"/>. It travels like the
/// array, and a process that gets only the view has no way to write that the language or a native library offers.
/// </summary>
/// <typeparam name="T">The type of the elements.</typeparam>
[DebuggerDisplay("ReadOnlySharedArray<{typeof(T).Name,nq}>[{Length}]")]
[Shape(typeof(SharedShape<>))]
public sealed unsafe class ReadOnlySharedArray<T> : ISharedObject<ReadOnlySharedArray<T>>, IDisposable
    where T : unmanaged
{
    private ArrayMemory<T> _memory;

    internal ReadOnlySharedArray(T[] array) => _memory = new ArrayMemory<T>(array);

    private ReadOnlySharedArray(SharedSegment segment) => _memory = new ArrayMemory<T>(segment);

    /// <summary>How many elements it has.</summary>
    public long Length => _memory.Length;

    /// <summary>Who can share it.</summary>
    public Isolation Isolation => _memory.Isolation;

    /// <summary>All elements.</summary>
    /// <exception cref="InvalidOperationException">It has more elements than a span can; see <see cref="Slice"/>.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public ReadOnlySpan<T> Span => _memory.All(this);

    /// <summary>An element, in place.</summary>
    /// <param name="index">From 0 to <see cref="Length"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public ref readonly T this[long index] => ref _memory.At(this, index);

    SharedSegment? ISharedObject.Segment => _memory.Segment(this);

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
    public ReadOnlySpan<T> Slice(long start, int length) => _memory.Slice(this, start, length);

    /// <summary>Gives up the view; the array and other views of it are not touched.</summary>
    public void Dispose() => _memory.Dispose();
}
