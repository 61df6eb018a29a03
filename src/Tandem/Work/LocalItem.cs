using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>One call of a pool of threads.</summary>
internal sealed class LocalItem<TResult>(Form<TResult> form, Delegate work, object? argument, CancellationToken cancellationToken)
    : WorkItem<TResult>(cancellationToken)
{
    private Delegate? _work = work;
    private object? _argument = argument;

    protected override string MethodName => _work is { } method ? MethodNames.Readable(method.Method) : "?";

    internal override void Abandon()
    {
        _work = null;
        _argument = null;
    }

    internal override void RunLocally(object? state, CancellationToken aborted)
    {
        CancellationTokenSource? linked = null;
        try
        {
            CancellationToken cancellation = aborted;
            if (CancellationToken.CanBeCanceled)
            {
                linked = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken, aborted);
                cancellation = linked.Token;
            }

            SetResult(form.RunHere(_work!, state, _argument, cancellation));
        }
        catch (Exception e)
        {
            if (linked is not null)
                Cancellation.NameCaller(e, linked.Token, CancellationToken);
            SetException(e);
        }
        finally
        {
            linked?.Dispose();
        }
    }
}
