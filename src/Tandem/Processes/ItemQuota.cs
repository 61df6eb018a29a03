namespace Tandem.Processes;

/// <summary>
/// How many items one worker may still start. An item takes its part when it is sent, and what it did not start is given back when
/// it is answered or taken back: so no worker ever starts more than its limit. Under the engine's lock, but for <see cref="Ran"/>.
/// </summary>
/// <param name="limit">Items, and elements of chunks.</param>
/// <param name="slots">Slots of the worker's link.</param>
internal sealed class ItemQuota(int limit, int slots)
{
    private readonly int[] _reserved = new int[slots];
    private readonly int[] _ran = new int[slots];

    /// <summary>How many more may be sent.</summary>
    internal int Left { get; private set; } = limit;

    /// <summary>Items are sent in a slot.</summary>
    internal void Reserve(int slot, int items)
    {
        _reserved[slot] = items;
        Volatile.Write(ref _ran[slot], items);
        Left -= items;
    }

    /// <summary>The worker's answer says how many of them it has started.</summary>
    internal void Ran(int slot, int items) => Volatile.Write(ref _ran[slot], items);

    /// <summary>The slot is free: what was not started in it may be sent again.</summary>
    internal void Settle(int slot)
    {
        // The number is a worker's word.
        int ran = Math.Clamp(Volatile.Read(ref _ran[slot]), 0, _reserved[slot]);
        Left += _reserved[slot] - ran;
        _reserved[slot] = 0;
    }

    /// <summary>Nothing of it was started: it was taken back.</summary>
    internal void GiveBack(int slot)
    {
        Left += _reserved[slot];
        _reserved[slot] = 0;
    }
}
