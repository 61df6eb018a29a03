namespace Tandem.Serialization;

/// <summary>
/// Numbers the objects of one payload, so that shared references stay shared and cycles end. Also tracks how deep the writer is in the
/// graph, and which objects' contents must still be written.
/// </summary>
internal sealed class ReferenceTable
{
    /// <summary>
    /// Up to this size, a linear search is faster than hashing, and needs no code that a worker's first call would have to JIT-compile.
    /// </summary>
    private const int Few = 8;

    /// <summary>A larger dictionary is not kept: clearing it would cost every later payload.</summary>
    private const int KeptCapacity = 4096;

    private int _floor; // deferred objects before this index belong to outer parts of the graph
    private int[] _path = new int[16]; // by depth: the number of the object that is being written, or -1
    private object[]? _few; // the objects, while there are few
    private Dictionary<object, int>? _many; // all objects, once there are more
    private List<int>? _open; // objects that the reader creates after their parts
    private List<DeferredObject>? _deferred; // objects whose contents must still be written

    /// <summary>How many nested objects are being written.</summary>
    internal int Depth;

    /// <summary>Whether keys are being written of a collection that the reader creates from its completed parts.</summary>
    internal bool WritesKeys;

    /// <summary>The constant of an expression tree of which a node that is being written reads a captured variable.</summary>
    internal object? OfNamedVariable;

    /// <summary>The number that the next object gets.</summary>
    internal int Count { get; private set; }

    /// <summary>The parts of objects whose parts are sent separately.</summary>
    internal PartTable Parts { get; } = new();

    /// <summary>The depth at which the current part of the graph began. Its deferred objects are written when it ends.</summary>
    internal int Base { get; private set; }

    /// <summary>The ranges of arrays that were sent alone; null if there are none.</summary>
    internal List<SentRange>? Ranges { get; private set; }

    /// <summary>Whether the current part of the graph has objects whose contents must still be written.</summary>
    internal bool HasDeferred => _deferred is not null && _deferred.Count > _floor;

    /// <summary>Returns the number of an object, or -1.</summary>
    internal int Find(object value)
    {
        if (Count > Few)
            return _many!.TryGetValue(value, out int number) ? number : -1;

        for (int i = 0; i < Count; i++)
        {
            if (ReferenceEquals(_few![i], value))
                return i;
        }

        return -1;
    }

    /// <summary>Returns at most <paramref name="count"/> objects, starting with the first.</summary>
    internal IEnumerable<object> First(int count) => Count <= Few ? _few?.Take(Count) ?? [] : _many!.Keys.Take(count);

    /// <summary>Returns all objects, by number.</summary>
    internal object[] ToArray()
    {
        if (Count <= Few)
            return Count == 0 ? [] : _few![..Count];

        object[] all = new object[Count];
        foreach ((object value, int number) in _many!)
            all[number] = value;

        return all;
    }

    /// <summary>Assigns the next number to an object that has none.</summary>
    internal void Add(object value)
    {
        if (Count < Few)
        {
            (_few ??= new object[Few])[Count++] = value;
            return;
        }

        _many ??= new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        if (Count == Few)
        {
            for (int i = 0; i < Few; i++)
                _many.Add(_few![i], i);
        }

        _many.Add(value, Count++);
    }

    /// <summary>Increases the depth for the newest object, or for one without a number.</summary>
    internal void Enter(bool hasNumber)
    {
        if (++Depth >= _path.Length)
            Array.Resize(ref _path, 2 * _path.Length);

        _path[Depth] = hasNumber ? Count - 1 : -1;
    }

    /// <summary>
    /// Whether an object is used as a key in a collection that the reader creates before it has read the object's own contents, from
    /// which the object may compute its hash code.
    /// </summary>
    internal bool IsUnreadKey(int number, object value)
    {
        if (!WritesKeys || !TypeChecks.HasOwnEquality(value.GetType()))
            return false;

        return Array.IndexOf(_path, number, 1, Depth) >= 0 || _deferred?.Exists(d => ReferenceEquals(d.Value, value)) == true;
    }

    /// <summary>Marks the newest object as one that the reader creates after its parts, so that no part may refer to it.</summary>
    internal void Open() => (_open ??= []).Add(Count - 1);

    /// <summary>Removes the mark of the innermost <see cref="Open"/>.</summary>
    internal void Close() => _open!.RemoveAt(_open.Count - 1);

    /// <summary>Whether the object is marked by <see cref="Open"/>.</summary>
    internal bool IsOpen(int number) => _open is { Count: > 0 } && _open.Contains(number);

    /// <summary>Assigns the next number to a range of an array.</summary>
    internal void AddRange(SentRange range)
    {
        Add(range);
        (Ranges ??= []).Add(range);
    }

    /// <summary>Defers writing the contents of an object until the stack is shallow again.</summary>
    internal void Defer(object value, PlainShape shape) => (_deferred ??= []).Add(new DeferredObject(value, shape));

    /// <summary>Removes and returns the deferred object that is written next.</summary>
    internal DeferredObject TakeDeferred()
    {
        DeferredObject last = _deferred![^1];
        _deferred.RemoveAt(_deferred.Count - 1);
        return last;
    }

    /// <summary>Begins a part of the graph that is complete in itself: its deferred objects are written before it ends.</summary>
    internal Part BeginPart()
    {
        var outer = new Part(Base, _floor);
        Base = Depth;
        _floor = _deferred?.Count ?? 0;
        return outer;
    }

    /// <summary>Ends a part; <paramref name="outer"/> is the result of <see cref="BeginPart"/>.</summary>
    internal void EndPart(Part outer) => (Base, _floor) = (outer.Base, outer.Floor);

    /// <summary>Returns a state to which <see cref="Restore"/> can return if the following part must be removed.</summary>
    internal State Mark() => new(Count, _open?.Count ?? 0, Parts.Count, Depth, _deferred?.Count ?? 0, WritesKeys, new Part(Base, _floor));

    /// <summary>Removes everything that was added since <paramref name="mark"/>.</summary>
    internal void Restore(State mark)
    {
        Parts.Truncate(mark.Parts);
        Depth = mark.Depth;
        WritesKeys = mark.WritesKeys;
        EndPart(mark.Part);
        Ranges?.RemoveAll(range => Find(range) >= mark.Count);
        _deferred?.RemoveRange(mark.Deferred, _deferred.Count - mark.Deferred);
        _open?.RemoveRange(mark.Open, _open.Count - mark.Open);
        if (mark.Count == Count)
            return;

        if (Count > Few)
        {
            // Rare: only after a part of an exception could not be written. Removing entries while enumerating a dictionary is allowed.
            foreach ((object value, int number) in _many!)
            {
                if (mark.Count <= Few || number >= mark.Count)
                    _many.Remove(value);
            }
        }

        for (int i = mark.Count; i < Few; i++)
            _few![i] = null!;

        Count = mark.Count;
    }

    /// <summary>Removes everything; the next object gets number 0.</summary>
    internal void Clear()
    {
        // Elements of a map are often single numbers, for which nothing needs to be reset.
        if ((Count | Depth | Base | _floor | Parts.Count) != 0 || WritesKeys || Ranges is not null
            || _deferred is not null || _open is not null)
            ClearAll();
    }

    private void ClearAll()
    {
        Depth = Base = _floor = 0;
        WritesKeys = false;
        Ranges = null;
        _deferred = _deferred is { Capacity: > KeptCapacity } ? null : _deferred;
        _deferred?.Clear();
        _open = _open is { Capacity: > KeptCapacity } ? null : _open;
        _open?.Clear();
        Parts.Truncate(0);
        if (Count == 0)
            return;

        Array.Clear(_few!);
        if (Count > Few)
        {
            if (_many!.Capacity > KeptCapacity)
                _many = null;
            else
                _many.Clear();
        }

        Count = 0;
    }

    /// <summary>The state of the enclosing part of the graph.</summary>
    internal readonly record struct Part(int Base, int Floor);

    /// <summary>See <see cref="Mark"/>.</summary>
    internal readonly record struct State(int Count, int Open, int Parts, int Depth, int Deferred, bool WritesKeys, Part Part);
}
