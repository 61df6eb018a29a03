using Tandem.Context;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>A chunk in a pool of threads. Its items are not serialized.</summary>
internal sealed class LocalChunk<TItem, TResult> : Chunk<TItem, TResult>
{
    private TItem[] _items = new TItem[4];

    internal LocalChunk(MapCall<TItem, TResult> call)
        : base(call) => Item = new ElementsItem(this);

    internal override WorkItem Item { get; }

    protected override void Append(TItem item, int element)
    {
        if (element >= _items.Length)
            Array.Resize(ref _items, element * 2);

        _items[element] = item;
    }

    private void Run(object? state, CancellationToken aborted)
    {
        CancellationToken caller = Call.CancellationToken;
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        using CancellationTokenSource? linked = caller.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(caller, aborted)
            : null;
        CancellationToken cancellation = linked?.Token ?? aborted;
        AmbientState ambient = AmbientState.OfThread;
        ExecutionContext? context = ExecutionContext.Capture();
        for (int i = 0; i < Count; i++)
        {
            if (i > 0)
                Advance(i);
            // The pool is aborted: the engine fails the remaining elements.
            if (aborted.IsCancellationRequested && !caller.IsCancellationRequested)
                return;

            try
            {
                if (cancellation.IsCancellationRequested)
                    SetError(i, new OperationCanceledException(cancellation));
                else
                    SetValue(i, Call.Adapter.RunElement(Call.Work, state, _items[i], cancellation));
            }
            catch (Exception e)
            {
                Cancellation.NameCaller(e, cancellation, caller);
                SetError(i, e);
            }

            ambient.Reset(context);
        }

        AddElapsed(System.Diagnostics.Stopwatch.GetTimestamp() - start);
        Advance(Count);
    }

    /// <summary>The item that runs the elements.</summary>
    private sealed class ElementsItem(LocalChunk<TItem, TResult> chunk) : LocalItem(chunk.Call.CancellationToken)
    {
        internal override Chunk Chunk => chunk;

        protected override string MethodName => chunk.MethodName;

        internal override bool SetException(Exception error) => chunk.Fail(error);

        internal override void SetCanceled(CancellationToken token) => chunk.Cancel(token);

        internal override void Run(object? state, CancellationToken aborted) => chunk.Run(state, aborted);
    }
}
