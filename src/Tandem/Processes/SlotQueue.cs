namespace Tandem.Processes;

/// <summary>
/// Free slots, the one that was freed first coming first: neighbours in shared memory are then not in use at the same time.
/// </summary>
internal sealed class SlotQueue
{
    private readonly int[] _slots;
    private int _first;

    internal SlotQueue(int count)
    {
        _slots = new int[count];
        for (int i = 0; i < count; i++)
            _slots[i] = i;

        Count = count;
    }

    internal int Count { get; private set; }

    internal int Peek() => _slots[_first];

    internal void Dequeue()
    {
        _first = (_first + 1) % _slots.Length;
        Count--;
    }

    internal void Enqueue(int slot) => _slots[(_first + Count++) % _slots.Length] = slot;
}
