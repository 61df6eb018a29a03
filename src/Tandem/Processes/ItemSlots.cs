using System.Diagnostics;
using Tandem.Transport;

namespace Tandem.Processes;

/// <summary>
/// The slots of one worker's link: which item is in flight in each, and which ones are free. Changes under the engine's lock, apart from
/// answers: the thread that reads the worker's frames takes their items out without it, and their slots are freed under it afterwards.
/// </summary>
/// <param name="link">The link whose slots these are.</param>
/// <param name="maxItems">How many items the worker may start; null for any number.</param>
/// <param name="gate">The engine's lock.</param>
internal sealed class ItemSlots(WorkerLink link, int? maxItems, Lock gate)
{
    private readonly RemoteItem?[] _items = new RemoteItem?[link.Slots]; // in flight
    // 1 + the sequence number of the item whose revocation is not confirmed yet; 0 for none
    private readonly long[] _revoked = new long[link.Slots];
    private readonly SlotQueue _free = new(link.Slots);
    private readonly List<int> _answered = []; // slots that the reading thread gives back; emptied under the lock, by the same thread
    private readonly ItemQuota? _quota = maxItems is { } limit ? new ItemQuota(limit, link.Slots) : null;
    private uint _sequence; // of the item that was sent last

    /// <summary>Items sent and not answered, including those that were revoked.</summary>
    internal int InFlight { get; private set; }

    /// <summary>How many answers have been counted: a sign of life.</summary>
    internal long Answers { get; private set; }

    internal bool HasFree => _free.Count > 0;

    /// <summary>Whether the worker was sent as many items as it may start.</summary>
    internal bool IsSpent => _quota is { Left: <= 0 };

    /// <summary>Whether answers wait for <see cref="FreeAnswered"/>. For the thread that reads the worker's frames.</summary>
    internal bool HasAnswers => _answered.Count > 0;

    /// <summary>The items in flight, including those that may have started.</summary>
    internal IEnumerable<RemoteItem> Items
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _items.Where(static item => item is not null)!;
        }
    }

    /// <summary>What holds whenever the engine's lock is taken.</summary>
    [Conditional("DEBUG")]
    internal void AssertInvariants(WorkerLife life)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        Debug.Assert(life.State != WorkerState.Idle || InFlight == 0, $"An idle worker has {InFlight} items in flight.");
        Debug.Assert(life.State != WorkerState.Busy || InFlight > 0, "A busy worker has nothing in flight.");
        Debug.Assert(
            !life.IsUp || _free.Count + InFlight == link.Slots, $"{_free.Count} free slots and {InFlight} in use are not {link.Slots}.");
    }

    /// <summary>The slot that the next item gets. There must be one.</summary>
    internal int Peek()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        return _free.Peek();
    }

    /// <summary>The number of the next attempt to send an item.</summary>
    internal uint NextSequence()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        return unchecked(++_sequence);
    }

    /// <summary>Where a run ends that begins at an element and may reach another one: the worker may be allowed fewer.</summary>
    internal int LimitEnd(int first, int end)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        return _quota is not null && end - first > _quota.Left ? first + _quota.Left : end;
    }

    /// <summary>An item is being sent in the slot of <see cref="Peek"/>.</summary>
    /// <param name="item">The item, which knows its slot and its sequence number.</param>
    /// <param name="count">How many elements it may start; 1 for a call.</param>
    internal void Occupy(RemoteItem item, int count)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _free.Dequeue();
        _quota?.Reserve(item.Slot, count);
        Volatile.Write(ref _items[item.Slot], item); // before the frame is published by Flush, so before any answer
        InFlight++;
    }

    /// <summary>Whether the item is in flight here.</summary>
    internal bool Holds(RemoteItem item)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        return _items[item.Slot] == item;
    }

    /// <summary>Whether any other item is in flight, apart from revoked ones.</summary>
    internal bool HasOther(RemoteItem item)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        return Array.Exists(_items, other => other is not null && other != item);
    }

    /// <summary>Revokes an item that has not started. Its slot is free when the worker has confirmed that.</summary>
    internal bool TryRevoke(RemoteItem item)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (_items[item.Slot] != item || !link.CanRevoke)
            return false;

        // Noted before it is done: the worker can answer before this thread goes on. If the worker answers like that anyway, without
        // having been asked, it has not run the item either.
        long due = item.Sequence + 1L;
        Volatile.Write(ref _revoked[item.Slot], due);
        if (!link.TryRevoke(item.Slot, item.Sequence) && Interlocked.CompareExchange(ref _revoked[item.Slot], 0, due) == due)
            return false;

        _items[item.Slot] = null;
        OnLeft(item);
        item.Worker = null;
        _quota?.GiveBack(item.Slot);
        return true;
    }

    /// <summary>Revokes the item that was sent last and has not started; null if there is none.</summary>
    internal RemoteItem? RevokeLast()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        RemoteItem? last = null;
        foreach (RemoteItem? item in _items)
        {
            if (item is not null && (last is null || unchecked((int)(item.Sequence - last.Sequence)) > 0))
                last = item;
        }

        return last is not null && TryRevoke(last) ? last : null;
    }

    /// <summary>After the worker's exit: takes out the items that were in flight.</summary>
    internal List<RemoteItem> TakeAll()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        List<RemoteItem> items = [];
        for (int i = 0; i < _items.Length; i++)
        {
            if (_items[i] is { } item)
            {
                _items[i] = null;
                OnLeft(item);
                items.Add(item);
            }
        }

        InFlight = 0;
        return items;
    }

    /// <summary>Frees the slots of answered items.</summary>
    internal void FreeAnswered()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        foreach (int slot in _answered)
        {
            _free.Enqueue(slot);
            _quota?.Settle(slot);
        }

        Answers += _answered.Count;
        InFlight -= _answered.Count;
        _answered.Clear();
    }

    /// <summary>For the thread that reads the worker's frames: the item in flight that a frame is about; null if there is none.</summary>
    internal RemoteItem? ItemOf(in Frame frame)
    {
        if ((uint)frame.Slot >= (uint)_items.Length)
            throw new ProtocolException($"there is no slot {frame.Slot}");

        RemoteItem? item = Volatile.Read(ref _items[frame.Slot]);
        return item is not null && item.Sequence == frame.Sequence ? item : null;
    }

    /// <summary>For the thread that reads the worker's frames: the worker confirms that it skips an item.</summary>
    internal void OnRevoked(in Frame frame)
    {
        // Once for each revoked item: a slot that is freed twice would be given to two items.
        long due = frame.Sequence + 1L;
        if (Interlocked.CompareExchange(ref _revoked[frame.Slot], 0, due) != due)
            throw new ProtocolException($"slot {frame.Slot} was given back, which nobody had taken back");

        _answered.Add(frame.Slot);
    }

    /// <summary>For the thread that reads the worker's frames: takes out an answered item. From here on it is the caller's again.</summary>
    internal void TakeOut(RemoteItem item, int slot)
    {
        // Its slot counts as answered before its continuation can run.
        _items[slot] = null;
        OnLeft(item);
        _answered.Add(slot);
    }

    /// <summary>For the thread that reads the worker's frames: how many elements of the answered item were started; 1 for a call.</summary>
    internal void OnRan(int slot, int count) => _quota?.Ran(slot, count);

    /// <summary>
    /// The worker has an item no more: no timer is kept that would end the worker because of it. Code that sets such a timer checks
    /// afterwards whether the worker still has the item.
    /// </summary>
    private static void OnLeft(RemoteItem item)
    {
        if (item.DetailsIfAny is not { } details)
            return;

        Interlocked.MemoryBarrier();
        details.EndGrace();
    }
}
