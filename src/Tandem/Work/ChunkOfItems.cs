using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.Work;

/// <summary>A chunk as the map sees it. The pool's engine creates it and stores the items; the map adds the items.</summary>
internal abstract class Chunk<TItem, TResult>(MapCall<TItem, TResult> call) : Chunk
{
    /// <summary>See <see cref="Completion"/>.</summary>
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TResult[] _values = []; // the values, by element
    private Exception?[]? _errors; // the errors, by element; null if there are none

    protected MapCall<TItem, TResult> Call { get; } = call;

    internal sealed override string MethodName => MethodNames.Readable(Call.Work.Method);

    /// <summary>The number of bytes of the serialized elements; 0 if they are not serialized.</summary>
    internal virtual nint Size => 0;

    /// <summary>The number of elements that the consumer has taken. Only the consumer uses it.</summary>
    internal int Taken { get; set; }

    /// <summary>Completes when every element has an outcome.</summary>
    internal Task Completion => _complete.Task;

    internal bool HasErrors => _errors is not null;

    internal TResult ValueAt(int element) => _values[element];

    internal Exception? ErrorAt(int element) => _errors?[element];

    /// <summary>Adds an item from the source.</summary>
    /// <exception cref="WorkSerializationException">The item cannot be serialized; the chunk is unchanged.</exception>
    internal void Add(TItem item)
    {
        Append(item, Count);
        Count++;
    }

    /// <summary>Completes a chunk whose only item could not be added: the error is its outcome.</summary>
    internal void FailAsOnly(Exception error)
    {
        Count = 1;
        Seal();
        (error as WorkSerializationException)?.SetWorkItemName(NameOf(0));
        Fail(error);
    }

    /// <summary>Called after the last item was added, before the chunk is submitted.</summary>
    internal virtual void Seal() => _values = new TResult[Count];

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
                    SetValue(i, DelegateAdapter<TResult>.Read(reader));
                else if (outcome is Outcome.Failed or Outcome.Canceled)
                    SetError(i, Item.Explain(ExceptionCodec.Read(reader), i));
                else
                    throw new PayloadCorruptException($"an element's outcome is {outcome}");

                if (reader.Position != end)
                    throw new PayloadCorruptException($"an element's outcome ends at {reader.Position} instead of {end}");
            }
            catch (Exception e) when (RebuildErrors.IsOfValue(e))
            {
                SetError(i, Item.Explain(RebuildErrors.For("the result could not be rebuilt in the calling process", "result", e), i));
                reader.SkipTo(end);
            }
        }

        Advance(finished);
    }

    /// <summary>Stores the item, serialized or not.</summary>
    protected abstract void Append(TItem item, int element);

    protected void SetValue(int element, TResult value) => _values[element] = value;

    protected sealed override void SetError(int element, Exception error)
    {
        // The end of the pool may fail the chunk while a worker's thread fails an element: both must write to the same array.
        if (_errors is null)
            Interlocked.CompareExchange(ref _errors, new Exception?[Count], null);

        _errors[element] = error;
    }

    private protected sealed override Exception? FirstError => _errors?.FirstOrDefault(static error => error is not null);

    private protected sealed override void OnComplete()
    {
        _complete.TrySetResult();
        Call.Completed(this);
    }
}
