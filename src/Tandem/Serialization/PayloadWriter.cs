using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>
/// Writes one payload: a small one into its own buffer, a larger one directly into a block of <see cref="IPayloadMemory"/>, so that a
/// large array is copied only once. Not thread-safe; reused for many payloads.
/// </summary>
internal sealed unsafe class PayloadWriter : IDisposable
{
    /// <summary>Payloads up to this size stay in the writer's own buffer and are sent inside a frame.</summary>
    internal const int InlineCapacity = 4096;

    private readonly byte* _inline = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(InlineCapacity);
    private byte* _start; // the first byte: of _inline, or of a block
    private byte* _cursor; // where the next byte is written
    private byte* _end; // behind the last byte that may be written
    private IPayloadMemory? _memory; // allocates blocks for this payload
    private List<nint>? _retired; // blocks that were replaced by larger ones

    /// <summary>
    /// The call that the payload belongs to, which registers captured tokens, progress receivers and delegates; null outside of a call.
    /// </summary>
    internal ICallLinks? Links { get; private set; }

    /// <summary>The class that contains the work's code, if it is known.</summary>
    internal Type? Scope { get; set; }

    /// <summary>Decides what the payload may contain, if it is an answer; null if it is a call. <c>Begin</c> resets it.</summary>
    internal AnswerPolicy? Answer { get; set; }

    /// <summary>
    /// Set only while values are written in order to be compared: the copies of objects that static fields hold, with the numbers of the
    /// fields.
    /// </summary>
    internal Dictionary<object, int>? Copies { get; set; }

    /// <summary>The objects written so far, for shared references and cycles.</summary>
    internal ReferenceTable References { get; } = new();

    /// <summary>Starts a new payload, and drops the content of an earlier one (except a detached block).</summary>
    internal void Begin(IPayloadMemory memory, ICallLinks? links = null)
    {
        Abandon();
        _memory = memory;
        Links = links;
        _start = _cursor = _inline;
        _end = _inline + InlineCapacity;
    }

    /// <summary>Starts a new payload in a block of <paramref name="memory"/>, so that its content survives this process.</summary>
    internal void BeginInBlock(IPayloadMemory memory, ICallLinks? links = null)
    {
        Begin(memory, links);
        _start = _cursor = memory.Allocate(InlineCapacity, out nint actual);
        _end = _start + actual;
    }

    /// <summary>The number of bytes written so far.</summary>
    internal nint Length => (nint)(_cursor - _start);

    /// <summary>Whether the content is in the writer's own buffer.</summary>
    internal bool IsInline => _start == _inline;

    /// <summary>The address of the content; valid until the next write.</summary>
    internal byte* Start => _start;

    /// <summary>Transfers ownership of the block to the caller. <see cref="IsInline"/> must be false.</summary>
    internal byte* DetachBlock()
    {
        byte* block = _start;
        _start = _cursor = _end = null;
        FreeRetired();
        return block;
    }

    /// <summary>Frees a block that was not detached, and drops the reference to the call.</summary>
    internal void Abandon()
    {
        if (_start != null && _start != _inline)
            _memory!.Free(_start);

        FreeRetired();
        _start = _cursor = _end = null;
        _memory = null; // its pool may end before this thread writes again
        Links = null;
        Scope = null;
        Answer = null;
        References.Clear();
    }

    /// <summary>Reserves <paramref name="size"/> more bytes and advances past them; the caller writes them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* Reserve(nint size)
    {
        byte* at = _cursor;
        if (size > (nint)(_end - at))
            at = Grow(size);

        _cursor = at + size;
        return at;
    }

    /// <summary>Writes an unmanaged value byte by byte; both sides run the same build on the same machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Write<T>(T value) where T : unmanaged => Unsafe.WriteUnaligned(Reserve(sizeof(T)), value);

    /// <summary>Writes raw bytes.</summary>
    internal void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(Reserve(bytes.Length), bytes.Length));

    /// <summary>Writes a string: its length (-1 for null) and its UTF-16 code units.</summary>
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

    /// <summary>Overwrites a value at position <paramref name="at"/> once it is known.</summary>
    internal void Patch(nint at, int value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(at, Length - sizeof(int));
        Unsafe.WriteUnaligned(_start + at, value);
    }

    /// <summary>Returns to an earlier length, for example to replace an incomplete item by an error.</summary>
    internal void Truncate(nint length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        _cursor = _start + length;
    }

    private byte* Grow(nint size)
    {
        nint used = Length;
        // The first large value gets a block of its own size, so that a single array is copied once and wastes no memory.
        nint wanted = checked(used + size + (IsInline ? 0 : used / 2));
        byte* block = _memory!.Allocate(wanted, out nint actual);
        Buffer.MemoryCopy(_start, block, actual, used);
        if (!IsInline)
        {
            // Do not free the block yet: another process may be reading finished data in it (outcomes of a chunk).
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
