using System.Diagnostics;
using System.Runtime.CompilerServices;
using Tandem.Serialization;
using Tandem.Sharing;

namespace Tandem;

/// <summary>
/// A 64-bit counter that threads or processes share. Every operation is atomic and a full fence. When work captures the counter, or it is
/// part of any serialized value, it arrives as the same counter. If a process dies, its completed operations remain in effect.
/// </summary>
[DebuggerDisplay("{Value}, {Isolation}")]
[Shape(typeof(SharedShape<>))]
public sealed unsafe class SharedCounter : ISharedObject<SharedCounter>, IDisposable
{
    private readonly SharedSegment? _segment; // null if only threads share the counter
    private readonly long* _shared; // the value in shared memory; null if only threads share the counter
    private long _local; // the value if only threads share the counter
    private volatile bool _disposed; // set by Dispose; the memory stays mapped until the object is collected

    /// <summary>Creates a counter.</summary>
    /// <param name="value">The initial value.</param>
    /// <param name="isolation">Who shares the counter. With <see cref="Isolation.Thread"/> it is a field on the heap.</param>
    /// <exception cref="PlatformNotSupportedException">
    /// Processes cannot share a counter on this system: it is neither Linux nor Windows.
    /// </exception>
    /// <exception cref="IOException">The system did not provide the memory.</exception>
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

    /// <summary>Gets the current value.</summary>
    /// <exception cref="ObjectDisposedException">The counter has been disposed.</exception>
    public long Value => Volatile.Read(ref Number);

    /// <summary>Gets who can share the counter: threads or processes.</summary>
    public Isolation Isolation => _segment is null ? Isolation.Thread : Isolation.Process;

    SharedSegment? ISharedObject.Segment
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _segment;
        }
    }

    // The memory is unmapped only when the object is collected, so that an operation concurrent with Dispose accesses valid memory.
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
            throw new Serialization.PayloadCorruptException("a shared counter whose memory is too small or read-only");

        return new SharedCounter(segment);
    }

    /// <summary>Adds one and returns the new value. Overflow wraps around.</summary>
    /// <exception cref="ObjectDisposedException">The counter has been disposed.</exception>
    public long Increment() => Add(1);

    /// <summary>Subtracts one and returns the new value. Overflow wraps around.</summary>
    /// <exception cref="ObjectDisposedException">The counter has been disposed.</exception>
    public long Decrement() => Add(-1);

    /// <summary>Adds a number and returns the new value. Overflow wraps around.</summary>
    /// <param name="number">The number to add.</param>
    /// <exception cref="ObjectDisposedException">The counter has been disposed.</exception>
    public long Add(long number)
    {
        long value = Interlocked.Add(ref Number, number);
        GC.KeepAlive(this);
        return value;
    }

    /// <summary>Sets the value and returns the previous one.</summary>
    /// <param name="value">The new value.</param>
    /// <exception cref="ObjectDisposedException">The counter has been disposed.</exception>
    public long Exchange(long value)
    {
        long former = Interlocked.Exchange(ref Number, value);
        GC.KeepAlive(this);
        return former;
    }

    /// <summary>Sets the value if it equals <paramref name="expected"/>, and returns the previous value in either case.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="expected">The value to compare with.</param>
    /// <exception cref="ObjectDisposedException">The counter has been disposed.</exception>
    public long CompareExchange(long value, long expected)
    {
        long former = Interlocked.CompareExchange(ref Number, value, expected);
        GC.KeepAlive(this);
        return former;
    }

    /// <summary>
    /// Releases this process's reference to the counter. Work that captured the counter and is still queued can use it nevertheless.
    /// </summary>
    public void Dispose()
    {
        _disposed = true;
        _segment?.Close(unmap: false);
    }
}
