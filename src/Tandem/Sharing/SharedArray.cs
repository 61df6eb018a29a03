using System.Buffers;
using System.Diagnostics;
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
public sealed unsafe class SharedArray<T> : ISharedObject<SharedArray<T>>, IDisposable
    where T : unmanaged
{
    private readonly SharedSegment? _segment;
    private T[]? _array; // keeps the pinned memory of an array for threads
    private T* _items;

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
        Length = length;
        if (isolation == Isolation.Thread)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength);
            _array = GC.AllocateArray<T>((int)length, pinned: true);
            _items = (T*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, (long.MaxValue >> 8) / sizeof(T));
        _segment = SharedSegment.Create(SegmentKind.Array, typeof(T), sizeof(T), length, length * sizeof(T));
        _items = (T*)_segment.Data;
        SharedObjects.Add(this, _segment);
    }

    private SharedArray(SharedSegment segment)
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
    public Span<T> Span => Length <= int.MaxValue
        ? new Span<T>(Items, (int)Length)
        : throw new InvalidOperationException($"A span cannot have {Length} elements; use Slice.");

    /// <summary>An element, in place.</summary>
    /// <param name="index">From 0 to <see cref="Length"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public ref T this[long index]
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
    public Span<T> Slice(long start, int length)
    {
        CheckRange(start, length, Length);
        return new Span<T>(Items + start, length);
    }

    /// <summary>Some of the elements as memory, for code that cannot hold a span; it keeps the array reachable.</summary>
    /// <inheritdoc cref="Slice"/>
    public Memory<T> AsMemory(long start, int length)
    {
        CheckRange(start, length, Length);
        _ = Items;
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
    public ReadOnlySharedArray<T> AsReadOnly()
    {
        T* items = Items;
        return _segment is null ? new ReadOnlySharedArray<T>(_array!, items) : ReadOnlySharedArray<T>.Of(_segment);
    }

    /// <summary>
    /// Gives up this process's hold on the memory. Work that captured the array and still waits for a worker gets it all the same.
    /// </summary>
    public void Dispose()
    {
        _items = null;
        _array = null;
        _segment?.Close(unmap: true);
    }

    internal static void CheckRange(long start, int length, long all)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (start > all - length)
            throw new ArgumentOutOfRangeException(nameof(length), $"{length} elements from {start} of {all}.");
    }

    private sealed class Manager(SharedArray<T> array, long start, int length) : MemoryManager<T>
    {
        public override Span<T> GetSpan() => array.Slice(start, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(array.Items + start + elementIndex, default, this);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
