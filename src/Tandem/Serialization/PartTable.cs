namespace Tandem.Serialization;

/// <summary>
/// Which parts of a payload's objects are there so far: for objects that travel in several parts, each where somebody needs it first.
/// Writer and reader keep the same table.
/// </summary>
internal sealed class PartTable
{
    /// <summary>Up to here a scan beats hashing, and needs no code that a worker's first call would have to compile.</summary>
    private const int Few = 8;

    /// <summary>Larger arrays are not kept for the next payload.</summary>
    private const int KeptCapacity = 4096;

    private int[] _numbers = new int[Few];
    private object[] _parts = new object[Few];
    private int[] _previous = [];
    private Dictionary<int, int>? _last; // only when there are more than few

    internal int Count { get; private set; }

    /// <summary>The part of an entry.</summary>
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

    /// <summary>The newest entry of an object that is older than <paramref name="before"/>; -1 when there is none.</summary>
    internal int Find(int number, int before)
    {
        if (_last is not null)
            return before < Count ? _previous[before] : _last.GetValueOrDefault(number, -1);

        int entry = before - 1;
        while (entry >= 0 && _numbers[entry] != number)
            entry--;

        return entry;
    }

    /// <summary>Forgets all entries from <paramref name="count"/> on.</summary>
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

    /// <summary>Finds the older entries of each entry's object, for those that are not in the index yet.</summary>
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
