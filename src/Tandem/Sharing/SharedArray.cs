using System.Buffers;
using System.Diagnostics;
using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// An array that threads or processes share. When work captures it, or it is part of any serialized value, it arrives as the same memory,
/// without a copy. Each side sees the writes of the other. Accesses are not synchronized, except by the program itself (<see
/// cref="SharedLock"/>, <see cref="SharedCounter"/>, the completion of a call).
/// </summary>
/// <typeparam name="T">A type without references; in shared memory also without addresses and handles.</typeparam>
/// <remarks>
/// Elements are initially zero, and use memory only after their page is first accessed. In shared memory (<see
/// cref="Isolation.Process"/>), the memory is freed when the last process that has the array has disposed it, has dropped it or has
/// exited, in whatever way. Do not use spans and memories of an array after <see cref="Dispose"/>: their memory is unmapped, and the
/// process crashes. Keep the array reachable while you use its spans.
/// </remarks>
[DebuggerDisplay("SharedArray<{typeof(T).Name,nq}>[{Length}], {Isolation}")]
[Shape(typeof(SharedShape<>))]
public sealed unsafe class SharedArray<T> : ISharedObject<SharedArray<T>>, IDisposable
    where T : unmanaged
{
    private ArrayMemory<T> _memory;

    /// <summary>Creates an array of zeros.</summary>
    /// <param name="length">The number of elements.</param>
    /// <param name="isolation">Who shares the array. With <see cref="Isolation.Thread"/> it is an array on the heap.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or too large for an array on the heap.</exception>
    /// <exception cref="NotSupportedException">Processes cannot share elements of this type.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Processes cannot share an array on this system: it is neither Linux nor Windows.
    /// </exception>
    /// <exception cref="IOException">The system did not provide the memory.</exception>
    public SharedArray(long length, Isolation isolation = Isolation.Process)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Elements.CheckMayShare<T>(isolation);
        if (isolation == Isolation.Thread)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength);
            _memory = new ArrayMemory<T>(GC.AllocateArray<T>((int)length, pinned: true));
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, (long.MaxValue >> 8) / sizeof(T));
        SharedSegment segment = SharedSegment.Create(SegmentKind.Array, typeof(T), sizeof(T), length, length * sizeof(T));
        _memory = new ArrayMemory<T>(segment);
        SharedObjects.Add(this, segment);
    }

    private SharedArray(SharedSegment segment) => _memory = new ArrayMemory<T>(segment);

    /// <summary>Gets the number of elements.</summary>
    public long Length => _memory.Length;

    /// <summary>Gets who can share the array: threads or processes.</summary>
    public Isolation Isolation => _memory.Isolation;

    /// <summary>Gets all elements.</summary>
    /// <exception cref="InvalidOperationException">The array has more elements than a span can have; use <see cref="Slice"/>.</exception>
    /// <exception cref="ObjectDisposedException">The array has been disposed.</exception>
    public Span<T> Span => _memory.All(this);

    /// <summary>Gets a reference to an element, without a copy.</summary>
    /// <param name="index">From 0 to <see cref="Length"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the array.</exception>
    /// <exception cref="ObjectDisposedException">The array has been disposed.</exception>
    public ref T this[long index] => ref _memory.At(this, index);

    SharedSegment? ISharedObject.Segment => _memory.Segment(this);

    static SharedArray<T> ISharedObject<SharedArray<T>>.Open(SharedSegment segment)
    {
        Elements.Expect<T>(segment, SegmentKind.Array, sizeof(T));
        return new SharedArray<T>(segment);
    }

    /// <summary>Gets a range of elements, without a copy.</summary>
    /// <param name="start">The index of the first element.</param>
    /// <param name="length">The number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the array.</exception>
    /// <exception cref="ObjectDisposedException">The array has been disposed.</exception>
    public Span<T> Slice(long start, int length) => _memory.Slice(this, start, length);

    /// <summary>Gets a range of elements as memory, for code that cannot hold a span. The memory keeps the array reachable.</summary>
    /// <inheritdoc cref="Slice"/>
    public Memory<T> AsMemory(long start, int length)
    {
        _ = Slice(start, length);
        return new Manager(this, start, length).Memory;
    }

    /// <summary>Gets all elements as memory, for code that cannot hold a span. The memory keeps the array reachable.</summary>
    /// <inheritdoc cref="Span"/>
    public Memory<T> AsMemory() => AsMemory(0, Span.Length);

    /// <summary>
    /// Creates a read-only view that is disposed separately. In shared memory the hardware enforces it: the view is a mapping without
    /// write permission, in this process and in each process that receives it. If unsafe code or a native library writes to it, the
    /// process crashes and the array is unchanged.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The array has been disposed.</exception>
    /// <exception cref="IOException">The system did not provide the mapping.</exception>
    public ReadOnlySharedArray<T> AsReadOnly() => _memory.Segment(this) is { } segment
        ? ReadOnlySharedArray<T>.Of(segment)
        : new ReadOnlySharedArray<T>(_memory.Array!);

    /// <summary>
    /// Releases this process's reference to the memory. Work that captured the array and is still queued can use it nevertheless.
    /// </summary>
    public void Dispose() => _memory.Dispose();

    private sealed class Manager(SharedArray<T> array, long start, int length) : MemoryManager<T>
    {
        public override Span<T> GetSpan() => array.Slice(start, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(array._memory.Items(array) + start + elementIndex, default, this);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
