using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>
/// Reads one payload. The payload was written by another process and is not trusted: every length is checked against the remaining bytes.
/// Invalid data causes a <see cref="PayloadCorruptException"/>, never a read outside of the payload.
/// </summary>
internal sealed unsafe class PayloadReader
{
    /// <summary>Takes the place of an object whose parts are read before it can be created.</summary>
    private static readonly object Unfinished = new();

    /// <summary>Takes the place of an object that could not be rebuilt, in an optional part of the payload.</summary>
    internal static readonly object Lost = new();

    /// <summary>The tables keep capacity for this many objects.</summary>
    private const int KeptCapacity = 64 * 1024;

    private byte* _start; // the first byte of the payload
    private byte* _cursor; // the next byte to read
    private byte* _end; // behind the last byte
    private List<DeferredObject>? _deferred; // objects whose contents follow later
    private List<(IFinisher Finisher, object Target, object? State)>? _unfinished; // objects to complete at the end
    private int _deferredFloor; // deferred objects before this index belong to outer parts of the graph
    private int _unfinishedFloor; // unfinished objects before this index belong to outer parts of the graph

    /// <summary>The call that the payload belongs to; null outside of a call.</summary>
    internal ICallLinks? Links { get; private set; }

    /// <summary>Decides what the payload may contain, if it is an answer; null if it is a call.</summary>
    internal AnswerPolicy? Answer;

    /// <summary>The objects read so far, by number.</summary>
    internal List<object?> Objects { get; } = [];

    /// <summary>The parts of objects whose parts are sent separately.</summary>
    internal PartTable Parts { get; } = new();

    /// <summary>The objects that static fields of this process may hold, while their state is being read; otherwise null.</summary>
    internal ArrivingInstances? Arriving;

    /// <summary>How many nested objects are being read.</summary>
    internal int Depth;

    /// <summary>The depth at which the current part of the graph began. Objects of the part are completed when it ends.</summary>
    internal int Base { get; private set; }

    /// <summary>
    /// Whether the object that is being read is the outermost one of its part of the graph, and everything in it is complete, so that
    /// code may compute the hash codes of objects that it refers to.
    /// </summary>
    internal bool IsSettled => Depth <= Base + 1 && !HasUnsettled;

    /// <summary>Whether the current part has objects that are not complete.</summary>
    internal bool HasUnsettled =>
        (_deferred is not null && _deferred.Count > _deferredFloor) || (_unfinished is not null && _unfinished.Count > _unfinishedFloor);

    /// <summary>
    /// Starts reading <paramref name="length"/> bytes at <paramref name="start"/>, which must stay mapped until the last read.
    /// </summary>
    internal void Begin(byte* start, nint length, ICallLinks? links = null, AnswerPolicy? answer = null)
    {
        _start = _cursor = start;
        _end = start + length;
        Links = links;
        Answer = answer;
        Forget();
    }

    /// <summary>Forgets the objects read so far, before an element for which the writer did the same.</summary>
    internal void Forget()
    {
        // Elements of a map are often single numbers, for which nothing needs to be reset.
        if ((Objects.Count | Parts.Count | Depth | Base | _deferredFloor | _unfinishedFloor) != 0
            || Arriving is not null || _deferred is not null || _unfinished is not null)
        {
            ForgetAll();
        }
    }

    private void ForgetAll()
    {
        Objects.Clear();
        // Do not keep the table of a very large graph for the small ones that follow.
        if (Objects.Capacity > KeptCapacity)
            Objects.Capacity = 0;
        Parts.Truncate(0);
        _deferred = _deferred is { Capacity: > KeptCapacity } ? null : _deferred;
        _deferred?.Clear();
        _unfinished = _unfinished is { Capacity: > KeptCapacity } ? null : _unfinished;
        _unfinished?.Clear();
        Arriving = null;
        Depth = Base = _deferredFloor = _unfinishedFloor = 0;
    }

    /// <summary>
    /// Ends reading. A reader that waits for the next payload, perhaps for hours, must not keep what it has created alive: a large
    /// result, or the tokens of a call.
    /// </summary>
    internal void End()
    {
        Links = null;
        Answer = null;
        _start = _cursor = _end = null;
        Forget();
    }

    /// <summary>The number of bytes read so far.</summary>
    internal nint Position => (nint)(_cursor - _start);

    /// <summary>The number of bytes not read yet.</summary>
    internal nint Remaining => (nint)(_end - _cursor);

    /// <summary>Advances by <paramref name="size"/> bytes and returns the address of the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* Take(nint size)
    {
        byte* at = _cursor;
        if ((nuint)size > (nuint)(_end - at))
            throw new PayloadCorruptException($"a value of {size} bytes where {Remaining} are left");

        _cursor = at + size;
        return at;
    }

    /// <summary>Advances to a later position.</summary>
    internal void SkipTo(nint position) =>
        Take(position >= Position ? position - Position : throw new PayloadCorruptException(
            $"position {position} is before the current position {Position}"));

    /// <summary>Reads an unmanaged value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T Read<T>() where T : unmanaged => Unsafe.ReadUnaligned<T>(Take(sizeof(T)));

    /// <summary>Reads an <see cref="int"/>, without a generic method that a new process would have to JIT-compile.</summary>
    internal int ReadInt32() => Unsafe.ReadUnaligned<int>(Take(sizeof(int)));

    /// <summary>
    /// Reads a count of elements that have at least <paramref name="minimumSize"/> bytes each, so that a false count does not cause a
    /// large allocation.
    /// </summary>
    internal int ReadCount(int minimumSize) => CheckCount(ReadInt32(), minimumSize);

    /// <summary>Checks a count that has been read; see <see cref="ReadCount"/>.</summary>
    internal int CheckCount(int count, int minimumSize)
    {
        if (count < 0 || (nint)count * minimumSize > Remaining)
            throw new PayloadCorruptException($"a count of {count} where {Remaining} bytes are left");

        return count;
    }

    /// <summary>Reads a string that <see cref="PayloadWriter.WriteString"/> wrote.</summary>
    internal string? ReadString() => ReadString(ReadInt32());

    /// <summary>Reads a string whose length has been read.</summary>
    internal string? ReadString(int length)
    {
        if (length < 0)
            return length == -1 ? null : throw new PayloadCorruptException($"a string of length {length}");

        byte* at = Take((nint)length * sizeof(char));
        return length == 0 ? "" : new string((char*)at, 0, length);
    }

    /// <summary>Reserves the next number for an object that does not exist yet; <see cref="Finish"/> sets the object.</summary>
    internal int ReserveNumber()
    {
        Objects.Add(Unfinished);
        return Objects.Count - 1;
    }

    /// <summary>Marks objects from <paramref name="first"/> on as lost, including those that were not read.</summary>
    internal void Lose(int first, int count)
    {
        int end = Math.Max(Objects.Count, first + count);
        for (int i = first; i < end; i++)
        {
            if (i == Objects.Count)
                Objects.Add(Lost);
            else if (Objects[i] is not (Type or NumberedIdentity))
                Objects[i] = Lost;
        }
    }

    /// <summary>Sets the object for a number of <see cref="ReserveNumber"/>.</summary>
    internal void Finish(int number, object value) => Objects[number] = value;

    /// <summary>Defers reading the contents of an object.</summary>
    internal void Defer(object value, PlainShape shape) => (_deferred ??= []).Add(new DeferredObject(value, shape));

    /// <summary>Completes an object when the current part of the graph has been read.</summary>
    internal void FinishLater(IFinisher finisher, object target, object? state = null) =>
        (_unfinished ??= []).Add((finisher, target, state));

    /// <summary>
    /// In a part of the graph: completes an object that was read before the part and that another object is created from now.
    /// </summary>
    internal void FinishNow(object target)
    {
        for (int i = (_unfinished?.Count ?? 0) - 1; i >= 0; i--)
        {
            (IFinisher finisher, object other, object? state) = _unfinished![i];
            if (!ReferenceEquals(other, target))
                continue;

            _unfinished.RemoveAt(i);
            if (i < _unfinishedFloor)
                _unfinishedFloor--;

            finisher.Finish(other, state);
            return;
        }
    }

    /// <summary>Begins a part of the graph that is completed when it ends, because an object is created from it.</summary>
    internal Part BeginPart()
    {
        var outer = new Part(Base, Depth, _deferredFloor, _unfinishedFloor);
        Base = Depth;
        _deferredFloor = _deferred?.Count ?? 0;
        _unfinishedFloor = _unfinished?.Count ?? 0;
        return outer;
    }

    /// <summary>Ends a part; <paramref name="outer"/> is the result of <see cref="BeginPart"/>.</summary>
    internal void EndPart(Part outer)
    {
        (Base, _deferredFloor) = (outer.Base, outer.Deferred);
        _unfinishedFloor = Math.Min(outer.Unfinished, _unfinished?.Count ?? 0);
    }

    /// <summary>Ends a part that could not be read completely.</summary>
    internal void AbandonPart(Part outer)
    {
        Depth = outer.Depth;
        _deferred?.RemoveRange(_deferredFloor, _deferred.Count - _deferredFloor);
        _unfinished?.RemoveRange(_unfinishedFloor, _unfinished.Count - _unfinishedFloor);
        EndPart(outer);
    }

    /// <summary>Reads the contents of deferred objects, in the writer's order, and completes the objects that wait for them.</summary>
    internal void Settle()
    {
        // Increase the depth, so that the objects read here do not call this method again.
        Depth++;
        while (_deferred is not null && _deferred.Count > _deferredFloor)
        {
            DeferredObject next = _deferred[^1];
            _deferred.RemoveAt(_deferred.Count - 1);
            next.Shape.ReadContents(this, next.Value);
        }

        Depth--;
        if (_unfinished is null)
            return;

        // Inner objects come first, because each is added when its own contents have been read.
        for (int i = _unfinishedFloor; i < _unfinished.Count; i++)
            _unfinished[i].Finisher.Finish(_unfinished[i].Target, _unfinished[i].State);

        _unfinished.RemoveRange(_unfinishedFloor, _unfinished.Count - _unfinishedFloor);
    }

    /// <summary>Returns the object with a number that the payload contains.</summary>
    internal object? ObjectAt(int number)
    {
        if ((uint)number >= (uint)Objects.Count)
            throw new PayloadCorruptException($"a reference to object {number} of {Objects.Count}");

        Arriving?.Touch(number);
        object? value = Objects[number];
        if (ReferenceEquals(value, Lost))
            throw new RebuildException("it refers to an object that could not be rebuilt");

        return !ReferenceEquals(value, Unfinished)
            ? value
            : throw new PayloadCorruptException($"a reference to object {number} from inside itself");
    }

    /// <summary>The state of the enclosing part of the graph.</summary>
    internal readonly record struct Part(int Base, int Depth, int Deferred, int Unfinished);
}
