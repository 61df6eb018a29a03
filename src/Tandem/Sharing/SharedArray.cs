using System.Buffers;
using System.Diagnostics;
using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// An array that threads or processes share: captured in work, or part of any value that travels, it arrives as the same memory,
/// without a copy. What one side writes, the other sees; nothing orders or guards the accesses but what the program does itself
/// (<see cref="SharedLock"/>, <see cref="SharedCounter"/>, the end of a call).
/// </summary>
/// <typeparam name="T">A type without references; in shared memory also without addresses and handles.</typeparam>
/// <remarks>
/// Elements are zero at first, and take memory once their page is touched. In shared memory (<see cref="Isolation.Process"/>) the
/// array is gone when the last process that has it has disposed of it, dropped it or ended, in whatever way. Spans and memories of
/// an array must not be used after <see cref="Dispose"/>: their memory is not there any more, and the process crashes. While it is
/// not disposed of, the object must be kept reachable as long as its spans are used.
/// </remarks>
[DebuggerDisplay("SharedArray<{typeof(T).Name,nq}>[{Length}], {Isolation}")]
[Shape(typeof(SharedShape<>))]
public sealed unsafe class SharedArray<T> : ISharedObject<SharedArray<T>>, IDisposable
    where T : unmanaged
{
    private ArrayMemory<T> _memory;

    /// <summary>Makes an array of zeros.</summary>
    /// <param name="length">How many elements.</param>
    /// <param name="isolation">Who shares it: with <see cref="Isolation.Thread"/> it is an array on the heap.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or too long for an array on the heap.</exception>
    /// <exception cref="NotSupportedException">Processes cannot share the type.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux, and processes are to share the array.</exception>
    /// <exception cref="IOException">The system refuses the memory.</exception>
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

    /// <summary>How many elements it has.</summary>
    public long Length => _memory.Length;

    /// <summary>Who can share it.</summary>
    public Isolation Isolation => _memory.Isolation;

    /// <summary>All elements.</summary>
    /// <exception cref="InvalidOperationException">It has more elements than a span can; see <see cref="Slice"/>.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public Span<T> Span => _memory.All(this);

    /// <summary>An element, in place.</summary>
    /// <param name="index">From 0 to <see cref="Length"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public ref T this[long index] => ref _memory.At(this, index);

    SharedSegment? ISharedObject.Segment => _memory.Segment(this);

    static SharedArray<T> ISharedObject<SharedArray<T>>.Open(SharedSegment segment)
    {
        Elements.Expect<T>(segment, SegmentKind.Array, sizeof(T));
        return new SharedArray<T>(segment);
    }

    /// <summary>Some of the elements, in place.</summary>
    /// <param name="start">The first.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">They are not all within the array.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public Span<T> Slice(long start, int length) => _memory.Slice(this, start, length);

    /// <summary>Some of the elements as memory, for code that cannot hold a span; it keeps the array reachable.</summary>
    /// <inheritdoc cref="Slice"/>
    public Memory<T> AsMemory(long start, int length)
    {
        _ = Slice(start, length);
        return new Manager(this, start, length).Memory;
    }

    /// <summary>All elements as memory, for code that cannot hold a span; it keeps the array reachable.</summary>
    /// <inheritdoc cref="Span"/>
    public Memory<T> AsMemory() => AsMemory(0, Span.Length);

    /// <summary>
    /// A view that can only be read, with a life of its own. In shared memory the hardware enforces it: the view is a mapping without
    /// write permission, here and wherever it travels, so that a write past the compiler (by unsafe code, by a native library) ends
    /// the process that does it and changes nothing.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The array was disposed of.</exception>
    /// <exception cref="IOException">The system refuses the mapping.</exception>
    public ReadOnlySharedArray<T> AsReadOnly() => _memory.Segment(this) is { } segment
        ? ReadOnlySharedArray<T>.Of(segment)
        : new ReadOnlySharedArray<T>(_memory.Array!);

    /// <summary>
    /// Gives up this process's hold on the memory. Work that captured the array and still waits for a worker gets it all the same.
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
