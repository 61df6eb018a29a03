using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Transport;

namespace Tandem.Work;

/// <summary>
/// Items of a map that travel together. Each element has its own outcome; the chunk is complete when every element has one,
/// whatever happened to the worker on the way.
/// </summary>
internal abstract class Chunk<TItem, TResult> : WorkItem
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult[] _values = [];
    private Exception?[]? _errors;
    private ChunkProgress _progress;
    private int _firstElement;

    protected Chunk(MapCall<TItem, TResult> call)
        : base(call.CancellationToken) => Call = call;

    protected MapCall<TItem, TResult> Call { get; }

    protected sealed override string MethodName => MethodNames.Readable(Call.Work.Method);

    /// <summary>The position of the first element in the source.</summary>
    internal long Index { get; set; }

    /// <summary>Elements in the chunk.</summary>
    internal int Count { get; private set; }

    internal sealed override int ElementCount => Count;

    /// <summary>
    /// Written after the outcomes before it. Once the chunk is settled, every element has an outcome, whatever a thread that was
    /// abandoned in it still writes.
    /// </summary>
    internal sealed override int FirstElement => IsSettled ? Count : Volatile.Read(ref _firstElement);

    /// <summary>Bytes that the elements take on their way; 0 where they stay on this heap.</summary>
    internal virtual nint Size => 0;

    /// <summary>How long the elements ran so far, in stopwatch ticks.</summary>
    internal long Elapsed { get; private set; }

    /// <summary>Elements that the consumer has taken. The consumer's own.</summary>
    internal int Taken { get; set; }

    /// <summary>Completes when each element has an outcome.</summary>
    internal Task Completion => _complete.Task;

    internal bool HasErrors => _errors is not null;

    internal sealed override string NameOf(int element) => $"{Name}[{Index + element}]";

    internal TResult ValueAt(int element) => _values[element];

    internal Exception? ErrorAt(int element) => _errors?[element];

    /// <summary>Adds an item from the source.</summary>
    /// <exception cref="WorkSerializationException">It cannot travel; the chunk is as it was.</exception>
    internal void Add(TItem item)
    {
        Append(item, Count);
        Count++;
    }

    /// <summary>The only item could not even be added: its outcome is that error.</summary>
    internal void FailAsOnly(Exception error)
    {
        Count = 1;
        Seal();
        (error as WorkSerializationException)?.SetWorkItemName(NameOf(0));
        SetException(error);
    }

    /// <summary>No more items come; the chunk is about to be submitted.</summary>
    internal virtual void Seal() => _values = new TResult[Count];

    /// <summary>Keeps the item, or its bytes.</summary>
    protected abstract void Append(TItem item, int element);

    protected void SetValue(int element, TResult value) => _values[element] = value;

    protected void SetError(int element, Exception error)
    {
        // The end of a pool may fail the chunk while its thread fails an element: both write into the same array.
        if (_errors is null)
            Interlocked.CompareExchange(ref _errors, new Exception?[Count], null);

        _errors[element] = error;
    }

    /// <summary>Shows the outcomes of all elements before <paramref name="next"/> to the consumer.</summary>
    /// <returns>Whether that was the last outcome, just now.</returns>
    protected bool Advance(int next)
    {
        Volatile.Write(ref _firstElement, next);
        if (next != Count || !TrySettle(_errors?.FirstOrDefault(static error => error is not null)))
            return false;

        _complete.TrySetResult();
        Call.Completed(this);
        return true;
    }

    /// <summary>Everything that has no outcome yet fails.</summary>
    internal override bool SetException(Exception error)
    {
        for (int i = FirstElement; i < Count; i++)
            SetError(i, error);

        return Advance(Count);
    }

    internal override void SetCanceled(CancellationToken token) => SetException(new OperationCanceledException(token));

    internal override void ReadResult(PayloadReader reader) => throw new ProtocolException("a single result for a chunk");

    internal override void ReadElements(PayloadReader reader, int finished)
    {
        if (finished < FirstElement || finished > Count)
            throw new ProtocolException($"element {finished} of a chunk of {Count}");

        for (int i = FirstElement; i < finished; i++)
        {
            reader.Forget();
            var outcome = reader.Read<Outcome>();
            nint end = ChunkElement.ReadEnd(reader);
            try
            {
                if (outcome == Outcome.Completed)
                    SetValue(i, Form<TResult>.Read(reader));
                else if (outcome is Outcome.Failed or Outcome.Canceled)
                    SetError(i, Explain(ExceptionCodec.Read(reader), i));
                else
                    throw new PayloadCorruptException($"an element's outcome is {outcome}");

                if (reader.Position != end)
                    throw new PayloadCorruptException($"an element's outcome ends at {reader.Position} instead of {end}");
            }
            catch (Exception e) when (RebuildErrors.IsOfValue(e))
            {
                SetError(i, Explain(RebuildErrors.For("the result could not be rebuilt in the calling process", "result", e), i));
                reader.SkipTo(end);
            }
        }

        Advance(finished);
    }

    internal sealed override ref ChunkProgress Progress => ref _progress;

    internal sealed override void AddElapsed(long ticks) => Elapsed += ticks;

    internal sealed override void FailElement(int element, Exception error)
    {
        SetError(element, error);
        Advance(element + 1);
    }
}
