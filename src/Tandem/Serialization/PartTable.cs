namespace Tandem.Serialization;

/// <summary>
/// Records which parts of a payload's objects the payload contains so far, for objects whose parts are sent separately, each where it is
/// needed first. Writer and reader keep identical tables.
/// </summary>
internal sealed class PartTable
{
    /// <summary>
    /// Up to this size, a linear search is faster than hashing, and needs no code that a worker's first call would have to JIT-compile.
    /// </summary>
    private const int Few = 8;

    /// <summary>Larger arrays are not kept for the next payload.</summary>
    private const int KeptCapacity = 4096;

    private int[] _numbers = new int[Few]; // by entry: the number of the object
    private object[] _parts = new object[Few]; // by entry: the part
    private int[] _previous = []; // by entry: the previous entry of the same object; used with _last
    private Dictionary<int, int>? _last; // the newest entry of each object; only if there are more than a few entries

    internal int Count { get; private set; }

    /// <summary>Gets the part of an entry.</summary>
    internal object this[int entry] => _parts[entry];

    /// <summary>Adds a part of the object with a number.</summary>
    internal void Add(int number, object part)
    {
        if (Count == _numbers.Length)
        {
            Array.Resize(ref _numbers, Count * 2);
            Array.Resize(ref _parts, Count * 2);
        }

        _numbers[Count] = number;
        _parts[Count] = part;
        Count++;
        if (Count > Few)
            Index();
    }

    /// <summary>Returns the newest entry of an object before <paramref name="before"/>; -1 if there is none.</summary>
    internal int Find(int number, int before)
    {
        if (_last is not null)
            return before < Count ? _previous[before] : _last.GetValueOrDefault(number, -1);

        int entry = before - 1;
        while (entry >= 0 && _numbers[entry] != number)
            entry--;

        return entry;
    }

    /// <summary>Removes all entries from <paramref name="count"/> on.</summary>
    internal void Truncate(int count)
    {
        if (count >= Count)
            return;

        if (count == 0 && _numbers.Length > KeptCapacity)
        {
            _numbers = new int[Few];
            _parts = new object[Few];
            _previous = [];
        }

        Array.Clear(_parts, count, Math.Min(Count, _parts.Length) - count);
        Count = count;
        _last = null;
        if (Count > Few)
            Index();
    }

    /// <summary>Adds the entries that are not in the index yet.</summary>
    private void Index()
    {
        int indexed = Count - 1;
        if (_last is null)
        {
            _last = [];
            indexed = 0;
        }

        if (_previous.Length < _numbers.Length)
            Array.Resize(ref _previous, _numbers.Length);

        for (; indexed < Count; indexed++)
        {
            _previous[indexed] = _last.GetValueOrDefault(_numbers[indexed], -1);
            _last[_numbers[indexed]] = indexed;
        }
    }
}
