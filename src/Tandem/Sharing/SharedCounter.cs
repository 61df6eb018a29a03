using System.Diagnostics;
using System.Runtime.CompilerServices;
using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// A number of 64 bits that threads or processes count with: every operation is atomic and a full fence. Captured in work, or part of
/// any value that travels, it arrives as the same counter. A process that dies leaves it as it was after its last operation.
/// </summary>
[DebuggerDisplay("{Value}, {Isolation}")]
[Shape(typeof(SharedShape<>))]
public sealed unsafe class SharedCounter : ISharedObject<SharedCounter>, IDisposable
{
    private readonly SharedSegment? _segment;
    private readonly long* _shared;
    private long _local;
    private volatile bool _disposed;

    /// <summary>Makes a counter.</summary>
    /// <param name="value">What it counts from.</param>
    /// <param name="isolation">Who shares it: with <see cref="Isolation.Thread"/> it is a field on the heap.</param>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux, and processes are to share the counter.</exception>
    /// <exception cref="IOException">The system refuses the memory.</exception>
    public SharedCounter(long value = 0, Isolation isolation = Isolation.Process)
    {
        _local = value;
        if (isolation == Isolation.Thread)
            return;

        _segment = SharedSegment.Create(SegmentKind.Counter, typeof(long), sizeof(long), 1, sizeof(long));
        _shared = (long*)_segment.Data;
        *_shared = value;
        SharedObjects.Add(this, _segment);
    }

    private SharedCounter(SharedSegment segment)
    {
        _segment = segment;
        _shared = (long*)segment.Data;
    }

    /// <summary>The present value.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public long Value => Volatile.Read(ref Number);

    /// <summary>Who can share it.</summary>
    public Isolation Isolation => _segment is null ? Isolation.Thread : Isolation.Process;

    SharedSegment? ISharedObject.Segment
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _segment;
        }
    }

    // The mapping goes when the object is collected and not before, so that an operation beside Dispose touches memory that is there.
    private ref long Number
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_shared == null)
                return ref _local;

            return ref *_shared;
        }
    }

    static SharedCounter ISharedObject<SharedCounter>.Open(SharedSegment segment)
    {
        Elements.Expect<long>(segment, SegmentKind.Counter, sizeof(long));
        if (segment.Length < SharedSegment.DataOffset + sizeof(long) || segment.IsReadOnly)
            throw new Serialization.PayloadCorruptException("a shared counter that cannot count");

        return new SharedCounter(segment);
    }

    /// <summary>Adds one; returns the new value. Beyond the largest value it goes on with the smallest.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public long Increment() => Add(1);

    /// <summary>Takes one away; returns the new value.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public long Decrement() => Add(-1);

    /// <summary>Adds a number; returns the new value.</summary>
    /// <param name="number">What is added.</param>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public long Add(long number)
    {
        long value = Interlocked.Add(ref Number, number);
        GC.KeepAlive(this);
        return value;
    }

    /// <summary>Sets the value; returns the former one.</summary>
    /// <param name="value">The new value.</param>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public long Exchange(long value)
    {
        long former = Interlocked.Exchange(ref Number, value);
        GC.KeepAlive(this);
        return former;
    }

    /// <summary>Sets the value where it is <paramref name="expected"/>; returns the former one, whatever it was.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="expected">What the value must be for it to be set.</param>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public long CompareExchange(long value, long expected)
    {
        long former = Interlocked.CompareExchange(ref Number, value, expected);
        GC.KeepAlive(this);
        return former;
    }

    /// <summary>Gives up this process's hold. Work that captured the counter and still waits for a worker gets it all the same.</summary>
    public void Dispose()
    {
        _disposed = true;
        _segment?.Close(unmap: false);
    }
}
