using System.Buffers;
using System.Diagnostics;
using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// A read-only view of a <see cref="SharedArray{T}"/>; see <see cref="SharedArray{T}.AsReadOnly"/>. It is passed to workers like the
/// array, by reference. A process that gets only the view has no means, in the language or in a native library, to write to the array.
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

    /// <summary>Gets the number of elements.</summary>
    public long Length => _memory.Length;

    /// <summary>Gets who can share the array: threads or processes.</summary>
    public Isolation Isolation => _memory.Isolation;

    /// <summary>Gets all elements.</summary>
    /// <exception cref="InvalidOperationException">The array has more elements than a span can have; use <see cref="Slice"/>.</exception>
    /// <exception cref="ObjectDisposedException">The view has been disposed.</exception>
    public ReadOnlySpan<T> Span => _memory.All(this);

    /// <summary>Gets a reference to an element, without a copy.</summary>
    /// <param name="index">From 0 to <see cref="Length"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the array.</exception>
    /// <exception cref="ObjectDisposedException">The view has been disposed.</exception>
    public ref readonly T this[long index] => ref _memory.At(this, index);

    SharedSegment? ISharedObject.Segment => _memory.Segment(this);

    static ReadOnlySharedArray<T> ISharedObject<ReadOnlySharedArray<T>>.Open(SharedSegment segment)
    {
        Elements.Expect<T>(segment, SegmentKind.Array, sizeof(T));
        if (!segment.IsReadOnly)
            throw new Serialization.PayloadCorruptException("a writable array where a read-only view was expected");

        return new ReadOnlySharedArray<T>(segment);
    }

    internal static ReadOnlySharedArray<T> Of(SharedSegment writable)
    {
        SharedSegment segment = writable.OpenReadOnly();
        var view = new ReadOnlySharedArray<T>(segment);
        SharedObjects.Add(view, segment);
        return view;
    }

    /// <summary>Gets a range of elements, without a copy.</summary>
    /// <param name="start">The index of the first element.</param>
    /// <param name="length">The number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the array.</exception>
    /// <exception cref="ObjectDisposedException">The view has been disposed.</exception>
    public ReadOnlySpan<T> Slice(long start, int length) => _memory.Slice(this, start, length);

    /// <summary>Gets a range of elements as memory, for code that cannot hold a span. The memory keeps the view reachable.</summary>
    /// <inheritdoc cref="Slice"/>
    public ReadOnlyMemory<T> AsMemory(long start, int length)
    {
        _ = Slice(start, length);
        return new Manager(this, start, length).Memory;
    }

    /// <summary>Gets all elements as memory, for code that cannot hold a span. The memory keeps the view reachable.</summary>
    /// <inheritdoc cref="Span"/>
    public ReadOnlyMemory<T> AsMemory() => AsMemory(0, Span.Length);

    /// <summary>Disposes the view. The array and other views of it stay usable.</summary>
    public void Dispose() => _memory.Dispose();

    private sealed class Manager(ReadOnlySharedArray<T> view, long start, int length) : MemoryManager<T>
    {
        public override Span<T> GetSpan() => view._memory.Slice(view, start, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(view._memory.Items(view) + start + elementIndex, default, this);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
