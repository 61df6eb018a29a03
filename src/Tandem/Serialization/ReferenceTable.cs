namespace Tandem.Serialization;

/// <summary>
/// Numbers the objects of one payload, so that a shared reference stays shared and a cycle ends; and knows how deep the writer is in
/// the graph, and which objects' contents are still to be written.
/// </summary>
internal sealed class ReferenceTable
{
    /// <summary>Up to here a scan beats hashing, and needs no code that a worker's first call would have to compile.</summary>
    private const int Few = 8;

    /// <summary>A larger dictionary is not kept: clearing it would cost every later payload.</summary>
    private const int KeptCapacity = 4096;

    private int _floor;
    private int[] _path = new int[16];
    private object[]? _few;
    private Dictionary<object, int>? _many;
    private List<int>? _open;
    private List<DeferredObject>? _deferred;

    /// <summary>How many objects are being written inside each other.</summary>
    internal int Depth;

    /// <summary>Whether keys are written of a collection that is made of its finished parts.</summary>
    internal bool WritesKeys;

    /// <summary>The constant of an expression tree of which a node being written reads a captured variable.</summary>
    internal object? OfNamedVariable;

    /// <summary>The number that the next object gets.</summary>
    internal int Count { get; private set; }

    /// <summary>Which parts of those objects are there that travel in parts.</summary>
    internal PartTable Parts { get; } = new();

    /// <summary>The depth at which the current part of the graph began; where it ends, its deferred objects are written.</summary>
    internal int Base { get; private set; }

    /// <summary>The ranges of arrays that were sent alone; null when there are none.</summary>
    internal List<SentRange>? Ranges { get; private set; }

    /// <summary>Whether the current part of the graph has objects whose contents are still to be written.</summary>
    internal bool HasDeferred => _deferred is not null && _deferred.Count > _floor;

    /// <summary>The number of an object, or -1.</summary>
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

    /// <summary>At most <paramref name="count"/> of the objects, the first ones to begin with.</summary>
    internal IEnumerable<object> First(int count) => Count <= Few ? _few?.Take(Count) ?? [] : _many!.Keys.Take(count);

    /// <summary>All objects, by number.</summary>
    internal object[] ToArray()
    {
        if (Count <= Few)
            return Count == 0 ? [] : _few![..Count];

        object[] all = new object[Count];
        foreach ((object value, int number) in _many!)
            all[number] = value;

        return all;
    }

    /// <summary>Gives the next number to an object that has none.</summary>
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

    /// <summary>Goes one deeper, into the newest object, or into one without a number.</summary>
    internal void Enter(bool hasNumber)
    {
        if (++Depth >= _path.Length)
            Array.Resize(ref _path, 2 * _path.Length);

        _path[Depth] = hasNumber ? Count - 1 : -1;
    }

    /// <summary>
    /// Whether an object is used as a key in a collection that the reader makes before it has read the object's own contents, of which
    /// the object's hash code may be made.
    /// </summary>
    internal bool IsUnreadKey(int number, object value)
    {
        if (!WritesKeys || !TypeChecks.HasOwnEquality(value.GetType()))
            return false;

        return Array.IndexOf(_path, number, 1, Depth) >= 0 || _deferred?.Exists(d => ReferenceEquals(d.Value, value)) == true;
    }

    /// <summary>Marks the newest object as one that the reader makes after its parts, so that no part may refer to it.</summary>
    internal void Open() => (_open ??= []).Add(Count - 1);

    /// <summary>Ends the innermost <see cref="Open"/>.</summary>
    internal void Close() => _open!.RemoveAt(_open.Count - 1);

    /// <summary>Whether the object is marked by <see cref="Open"/>.</summary>
    internal bool IsOpen(int number) => _open is { Count: > 0 } && _open.Contains(number);

    /// <summary>Gives the next number to a range of an array.</summary>
    internal void AddRange(SentRange range)
    {
        Add(range);
        (Ranges ??= []).Add(range);
    }

    /// <summary>Keeps an object whose contents are to be written when the stack is short again.</summary>
    internal void Defer(object value, PlainShape shape) => (_deferred ??= []).Add(new DeferredObject(value, shape));

    /// <summary>The deferred object that is written next, and no longer kept.</summary>
    internal DeferredObject TakeDeferred()
    {
        DeferredObject last = _deferred![^1];
        _deferred.RemoveAt(_deferred.Count - 1);
        return last;
    }

    /// <summary>Begins a part of the graph that is complete in itself: what it defers is written before it ends.</summary>
    internal Part BeginPart()
    {
        var outer = new Part(Base, _floor);
        Base = Depth;
        _floor = _deferred?.Count ?? 0;
        return outer;
    }

    /// <summary>Ends a part; <paramref name="outer"/> is what <see cref="BeginPart"/> returned.</summary>
    internal void EndPart(Part outer) => (Base, _floor) = (outer.Base, outer.Floor);

    /// <summary>Where a part begins that may be given up; see <see cref="Restore"/>.</summary>
    internal State Mark() => new(Count, _open?.Count ?? 0, Parts.Count, Depth, _deferred?.Count ?? 0, WritesKeys, new Part(Base, _floor));

    /// <summary>Forgets what was added since <paramref name="mark"/>.</summary>
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
            // Rare, after a part of an exception could not be written; a dictionary may drop entries while it is walked.
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

    /// <summary>Forgets everything; the next object is number 0.</summary>
    internal void Clear()
    {
        // Elements of a map are often single numbers, which leave nothing here.
        if ((Count | Depth | Base | _floor | Parts.Count) != 0 || WritesKeys || Ranges is not null || _deferred is not null || _open is not null)
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

    /// <summary>The part of the graph around another one.</summary>
    internal readonly record struct Part(int Base, int Floor);

    /// <summary>See <see cref="Mark"/>.</summary>
    internal readonly record struct State(int Count, int Open, int Parts, int Depth, int Deferred, bool WritesKeys, Part Part);
}
