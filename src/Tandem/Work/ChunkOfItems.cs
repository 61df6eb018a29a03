using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Transport;

namespace Tandem.Work;

/// <summary>A chunk as a map sees it: made by the pool's engine, which keeps the items, and filled by the map.</summary>
internal abstract class Chunk<TItem, TResult>(MapCall<TItem, TResult> call) : Chunk
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult[] _values = [];
    private Exception?[]? _errors;

    protected MapCall<TItem, TResult> Call { get; } = call;

    internal sealed override string MethodName => MethodNames.Readable(Call.Work.Method);

    /// <summary>Bytes that the elements take on their way; 0 where they stay on this heap.</summary>
    internal virtual nint Size => 0;

    /// <summary>Elements that the consumer has taken. The consumer's own.</summary>
    internal int Taken { get; set; }

    /// <summary>Completes when each element has an outcome.</summary>
    internal Task Completion => _complete.Task;

    internal bool HasErrors => _errors is not null;

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
        Fail(error);
    }

    /// <summary>No more items come; the chunk's item is about to be submitted.</summary>
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
                    SetValue(i, Form<TResult>.Read(reader));
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

    /// <summary>Keeps the item, or its bytes.</summary>
    protected abstract void Append(TItem item, int element);

    protected void SetValue(int element, TResult value) => _values[element] = value;

    protected sealed override void SetError(int element, Exception error)
    {
        // The end of a pool may fail the chunk while its thread fails an element: both write into the same array.
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
