namespace Tandem.Serialization;

/// <summary>Numbers the objects of one payload, so that a shared reference stays shared and a cycle ends.</summary>
internal sealed class ReferenceTable
{
    /// <summary>Up to here a scan beats hashing, and needs no code that a worker's first call would have to compile.</summary>
    private const int Few = 8;

    /// <summary>A larger dictionary is not kept: clearing it would cost every later payload.</summary>
    private const int KeptCapacity = 4096;

    private object[]? _few;
    private Dictionary<object, int>? _many;
    private List<int>? _open;

    /// <summary>The number that the next object gets.</summary>
    internal int Count { get; private set; }

    /// <summary>Which parts of those objects are there that travel in parts.</summary>
    internal PartTable Parts { get; } = new();

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

    /// <summary>Marks the newest object as one that the reader makes after its parts, so that no part may refer to it.</summary>
    internal void Open() => (_open ??= []).Add(Count - 1);

    /// <summary>Ends the innermost <see cref="Open"/>.</summary>
    internal void Close() => _open!.RemoveAt(_open.Count - 1);

    /// <summary>Whether the object is marked by <see cref="Open"/>.</summary>
    internal bool IsOpen(int number) => _open is { Count: > 0 } && _open.Contains(number);

    /// <summary>Where a part begins that may be given up; see <see cref="Restore"/>.</summary>
    internal State Mark() => new(Count, _open?.Count ?? 0, Parts.Count);

    /// <summary>Forgets what was added since <paramref name="mark"/>.</summary>
    internal void Restore(State mark)
    {
        Parts.Truncate(mark.Parts);
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

    /// <summary>See <see cref="Mark"/>.</summary>
    internal readonly record struct State(int Count, int Open, int Parts);
}
