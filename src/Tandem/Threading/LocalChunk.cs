using Tandem.Context;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>A chunk on threads: its items stay on this heap.</summary>
internal sealed class LocalChunk<TItem, TResult>(MapCall<TItem, TResult> call) : Chunk<TItem, TResult>(call)
{
    private TItem[] _items = new TItem[4];

    internal override void RunLocally(object? state, CancellationToken aborted)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        using CancellationTokenSource? linked = CancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(CancellationToken, aborted)
            : null;
        CancellationToken cancellation = linked?.Token ?? aborted;
        AmbientState ambient = AmbientState.OfThread;
        ExecutionContext? context = ExecutionContext.Capture();
        for (int i = 0; i < Count; i++)
        {
            if (i > 0)
                Advance(i);
            // The pool ends at once: its engine says so to the rest.
            if (aborted.IsCancellationRequested && !CancellationToken.IsCancellationRequested)
                return;

            try
            {
                if (cancellation.IsCancellationRequested)
                    SetError(i, new OperationCanceledException(cancellation));
                else
                    SetValue(i, Call.Form.RunElement(Call.Work, state, _items[i], cancellation));
            }
            catch (Exception e)
            {
                Cancellation.NameCaller(e, cancellation, CancellationToken);
                SetError(i, e);
            }

            ambient.Reset(context);
        }

        AddElapsed(System.Diagnostics.Stopwatch.GetTimestamp() - start);
        Advance(Count);
    }

    protected override void Append(TItem item, int element)
    {
        if (element >= _items.Length)
            Array.Resize(ref _items, element * 2);

        _items[element] = item;
    }
}
