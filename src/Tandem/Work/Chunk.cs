using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>
/// Elements of a map that one item runs. Each element has its own outcome. The chunk is complete when every element has an outcome, no
/// matter what happened to workers meanwhile. This class contains what engines need.
/// </summary>
internal abstract class Chunk
{
    private ChunkProgress _progress; // see Progress
    private int _firstElement; // see FirstElement

    /// <summary>The item that runs the elements.</summary>
    internal abstract WorkItem Item { get; }

    /// <summary>The readable name of the method that runs for each element.</summary>
    internal abstract string MethodName { get; }

    /// <summary>The position of the first element in the source.</summary>
    internal long Index { get; set; }

    /// <summary>The number of elements.</summary>
    internal int Count { get; private protected set; }

    /// <summary>
    /// The first element that has no outcome yet. Written after the outcomes before it. Once the item is settled, every element has an
    /// outcome, even if an abandoned thread still writes to the chunk.
    /// </summary>
    internal int FirstElement => Item.IsSettled ? Count : Volatile.Read(ref _firstElement);

    /// <summary>How long the elements have run so far, in stopwatch ticks.</summary>
    internal long Elapsed { get; private set; }

    /// <summary>Where the current run in a worker process began, and how many bytes of its outcomes have been read.</summary>
    internal ref ChunkProgress Progress => ref _progress;

    /// <summary>Returns the readable name of an element.</summary>
    internal string NameOf(int element) => $"{Item.Name}[{Index + element}]";

    /// <summary>Adds to <see cref="Elapsed"/>.</summary>
    internal void AddElapsed(long ticks) => Elapsed += ticks;

    /// <summary>Reads outcomes that a worker sent, of the elements before <paramref name="finished"/>.</summary>
    internal abstract void ReadElements(PayloadReader reader, int finished);

    /// <summary>Fails one element, and publishes its outcome and those before it to the consumer.</summary>
    internal void FailElement(int element, Exception error)
    {
        SetError(element, error);
        Advance(element + 1);
    }

    /// <summary>Fails all elements that have no outcome yet. False if every element has one.</summary>
    internal bool Fail(Exception error)
    {
        for (int i = FirstElement; i < Count; i++)
            SetError(i, error);

        return Advance(Count);
    }

    /// <summary>Cancels all elements that have no outcome yet.</summary>
    internal void Cancel(CancellationToken token) => Fail(new OperationCanceledException(token));

    /// <summary>Publishes the outcomes of all elements before <paramref name="next"/> to the consumer.</summary>
    /// <returns>Whether this call published the last outcome.</returns>
    protected bool Advance(int next)
    {
        Volatile.Write(ref _firstElement, next);
        if (next != Count || !Item.TrySettle(FirstError))
            return false;

        OnComplete();
        return true;
    }

    protected abstract void SetError(int element, Exception error);

    /// <summary>The first error among the elements; null if there is none.</summary>
    private protected abstract Exception? FirstError { get; }

    /// <summary>Called when every element has an outcome.</summary>
    private protected abstract void OnComplete();
}
