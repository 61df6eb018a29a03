using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>
/// Writes one payload: small ones into a buffer of its own, larger ones straight into a block of <see cref="IPayloadMemory"/>,
/// so that a large array is copied once. One thread at a time; reused for many payloads.
/// </summary>
internal sealed unsafe class PayloadWriter : IDisposable
{
    /// <summary>Payloads up to this size stay in the writer's own buffer, and travel inside a frame.</summary>
    internal const int InlineCapacity = 4096;

    private readonly byte* _inline = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(InlineCapacity);
    private byte* _start;
    private byte* _cursor;
    private byte* _end;
    private IPayloadMemory? _memory;
    private List<nint>? _retired;

    /// <summary>
    /// The call that the payload belongs to: where captured tokens, progress and delegates are registered. Null outside a call.
    /// </summary>
    internal ICallLinks? Links { get; private set; }

    /// <summary>The class of the work's code, where it is known.</summary>
    internal Type? Scope { get; set; }

    /// <summary>
    /// Only while values are written in order to compare them: the copies of objects that static fields hold, each with its field's number.
    /// </summary>
    internal Dictionary<object, int>? Copies { get; set; }

    /// <summary>The objects written so far, for shared references and cycles.</summary>
    internal ReferenceTable References { get; } = new();

    /// <summary>Starts a new payload; what a former one left in the writer is dropped (a detached block is its owner's).</summary>
    internal void Begin(IPayloadMemory memory, ICallLinks? links = null)
    {
        Abandon();
        _memory = memory;
        Links = links;
        _start = _cursor = _inline;
        _end = _inline + InlineCapacity;
    }

    /// <summary>Starts a new payload in a block of <paramref name="memory"/>, so that what is written survives this process.</summary>
    internal void BeginInBlock(IPayloadMemory memory, ICallLinks? links = null)
    {
        Begin(memory, links);
        _start = _cursor = memory.Allocate(InlineCapacity, out nint actual);
        _end = _start + actual;
    }

    /// <summary>Bytes written so far.</summary>
    internal nint Length => (nint)(_cursor - _start);

    /// <summary>Whether everything so far fits the writer's own buffer.</summary>
    internal bool IsInline => _start == _inline;

    /// <summary>The bytes written so far; valid until the next write.</summary>
    internal byte* Start => _start;

    /// <summary>Hands the block over to the caller, who frees it. Only where <see cref="IsInline"/> is false.</summary>
    internal byte* DetachBlock()
    {
        byte* block = _start;
        _start = _cursor = _end = null;
        FreeRetired();
        return block;
    }

    /// <summary>Gives back a block that nobody detached, and forgets the call.</summary>
    internal void Abandon()
    {
        if (_start != null && _start != _inline)
            _memory!.Free(_start);

        FreeRetired();
        _start = _cursor = _end = null;
        _memory = null; // of a pool that may end before this thread writes again
        Links = null;
        Scope = null;
        References.Clear();
    }

    /// <summary>Makes room for <paramref name="size"/> more bytes and moves past them; the caller fills them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* Reserve(nint size)
    {
        byte* at = _cursor;
        if (size > (nint)(_end - at))
            at = Grow(size);

        _cursor = at + size;
        return at;
    }

    /// <summary>Writes an unmanaged value as it lies in memory; both sides run the same build on the same machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Write<T>(T value) where T : unmanaged => Unsafe.WriteUnaligned(Reserve(sizeof(T)), value);

    /// <summary>Writes raw bytes.</summary>
    internal void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(Reserve(bytes.Length), bytes.Length));

    /// <summary>Writes a string: its length, -1 for null, and its UTF-16 units.</summary>
    internal void WriteString(string? value)
    {
        if (value is null)
        {
            Write(-1);
            return;
        }

        nint size = (nint)value.Length * sizeof(char);
        byte* at = Reserve(sizeof(int) + size);
        Unsafe.WriteUnaligned(at, value.Length);
        fixed (char* text = value)
            Buffer.MemoryCopy(text, at + sizeof(int), size, size);
    }

    /// <summary>Overwrites a value that was written at position <paramref name="at"/>, once what follows it is known.</summary>
    internal void Patch(nint at, int value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(at, Length - sizeof(int));
        Unsafe.WriteUnaligned(_start + at, value);
    }

    /// <summary>Moves back to a length that was reached before, when an item that failed half-way is written anew as an error.</summary>
    internal void Truncate(nint length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        _cursor = _start + length;
    }

    private byte* Grow(nint size)
    {
        nint used = Length;
        // A first large value gets a block of its own size, so that one array is copied once and wastes nothing.
        nint wanted = checked(used + size + (IsInline ? 0 : used / 2));
        byte* block = _memory!.Allocate(wanted, out nint actual);
        Buffer.MemoryCopy(_start, block, actual, used);
        if (!IsInline)
        {
            // Not freed yet: where others read what is finished (a chunk's outcomes), they still read it here.
            (_retired ??= []).Add((nint)_start);
        }

        _start = block;
        _cursor = block + used;
        _end = block + actual;
        return _cursor;
    }

    private void FreeRetired()
    {
        if (_retired is not { Count: > 0 })
            return;

        foreach (nint block in _retired)
            _memory!.Free((byte*)block);
        _retired.Clear();
    }

    public void Dispose()
    {
        Abandon();
        System.Runtime.InteropServices.NativeMemory.Free(_inline);
    }
}
