using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.Processes;

/// <summary>
/// The shared objects that one worker has handed over, until the outcomes with them have been read. So they are here even if the worker
/// exits before that.
/// </summary>
/// <remarks>Like the reader of payloads, only for one thread at a time.</remarks>
internal sealed class Custody : CallLinks
{
    private readonly List<Entry> _entries = [];
    private ILinkedMemory? _arrived; // of the object that was read last

    public override bool TakesCustody => true;

    public override void Received(ILinkedMemory memory) => _arrived = memory;

    /// <summary>Opens the objects in a frame; false if one cannot be opened.</summary>
    internal unsafe bool TryTake(PayloadReader reader, in Frame frame)
    {
        try
        {
            reader.Begin(frame.Body, frame.BodyLength, this, AnswerPolicy.Errors);
            while (reader.Remaining > 0)
            {
                bool isOwned = reader.Read<byte>() != 0;
                _arrived = null;
                object? value = Codec<object?>.Instance.Read(reader);
                if (_arrived is null)
                    return false;

                _entries.Add(new Entry(frame.Slot, frame.Extra, value, _arrived, isOwned));
            }

            return true;
        }
        catch (Exception)
        {
            return false; // the outcome cannot be read either, and says why
        }
        finally
        {
            _arrived = null; // it must not keep an object reachable that the program drops
            reader.End();
        }
    }

    /// <summary>The outcomes of an item were read, up to an element.</summary>
    internal void End(int slot, int element)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            Entry entry = _entries[i];
            if (entry.Slot != slot || entry.Element >= element)
                continue;

            _entries.RemoveAt(i);
            entry.Memory.EndCustody(entry.IsOwned);
        }
    }

    /// <summary>Nothing more will be read.</summary>
    internal void EndAll()
    {
        foreach (Entry entry in _entries)
            entry.Memory.EndCustody(entry.IsOwned);
        _entries.Clear();
    }

    /// <param name="Slot">The slot of the item.</param>
    /// <param name="Element">The element of the chunk.</param>
    /// <param name="Value">The object, which is found by its identity as long as it is reachable.</param>
    /// <param name="Memory">Its memory.</param>
    /// <param name="IsOwned">Whether the worker owned the object.</param>
    private readonly record struct Entry(int Slot, int Element, object? Value, ILinkedMemory Memory, bool IsOwned);
}
