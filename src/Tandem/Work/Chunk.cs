using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>
/// Elements of a map that one item runs. Each element has its own outcome; the chunk is complete when every element has one, whatever
/// happened to the worker on the way. Here is what engines need of it.
/// </summary>
internal abstract class Chunk
{
    private ChunkProgress _progress;
    private int _firstElement;

    /// <summary>The item that runs the elements.</summary>
    internal abstract WorkItem Item { get; }

    /// <summary>The readable name of the method that is run for each element.</summary>
    internal abstract string MethodName { get; }

    /// <summary>The position of the first element in the source.</summary>
    internal long Index { get; set; }

    /// <summary>Elements in the chunk.</summary>
    internal int Count { get; private protected set; }

    /// <summary>
    /// The first element that has no outcome yet. Written after the outcomes before it. Once the item is settled, every element has an
    /// outcome, whatever a thread that was abandoned in it still writes.
    /// </summary>
    internal int FirstElement => Item.IsSettled ? Count : Volatile.Read(ref _firstElement);

    /// <summary>How long the elements ran so far, in stopwatch ticks.</summary>
    internal long Elapsed { get; private set; }

    /// <summary>Where the present run in a worker process began, and how many bytes of that run's outcomes have been read.</summary>
    internal ref ChunkProgress Progress => ref _progress;

    /// <summary>The name of an element, for people.</summary>
    internal string NameOf(int element) => $"{Item.Name}[{Index + element}]";

    /// <summary>The elements ran for so many stopwatch ticks more.</summary>
    internal void AddElapsed(long ticks) => Elapsed += ticks;

    /// <summary>A worker sent outcomes of elements, up to <paramref name="finished"/>.</summary>
    internal abstract void ReadElements(PayloadReader reader, int finished);

    /// <summary>Gives one element an error, and shows it and what was before it to the consumer.</summary>
    internal void FailElement(int element, Exception error)
    {
        SetError(element, error);
        Advance(element + 1);
    }

    /// <summary>Everything that has no outcome yet fails. False when everything had one.</summary>
    internal bool Fail(Exception error)
    {
        for (int i = FirstElement; i < Count; i++)
            SetError(i, error);

        return Advance(Count);
    }

    /// <summary>Everything that has no outcome yet is cancelled.</summary>
    internal void Cancel(CancellationToken token) => Fail(new OperationCanceledException(token));

    /// <summary>Shows the outcomes of all elements before <paramref name="next"/> to the consumer.</summary>
    /// <returns>Whether that was the last outcome, just now.</returns>
    protected bool Advance(int next)
    {
        Volatile.Write(ref _firstElement, next);
        if (next != Count || !Item.TrySettle(FirstError))
            return false;

        OnComplete();
        return true;
    }

    protected abstract void SetError(int element, Exception error);

    /// <summary>The error of the first element that has one.</summary>
    private protected abstract Exception? FirstError { get; }

    /// <summary>Every element has an outcome.</summary>
    private protected abstract void OnComplete();
}
