using Tandem.Invocation;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>A call in a pool of threads.</summary>
internal sealed class LocalCall(
    ICallTask task, DelegateAdapter adapter, Delegate work, object? argument, CancellationToken cancellationToken)
    : LocalItem(cancellationToken)
{
    private Delegate? _work = work; // null once the item has run or was abandoned
    private object? _argument = argument; // null once the item has run or was abandoned

    protected override string MethodName => _work is { } method ? MethodNames.Readable(method.Method) : "?";

    internal override bool SetException(Exception error) => task.Fail(this, error);

    internal override void SetCanceled(CancellationToken token) => task.Cancel(this, token);

    internal override void Abandon()
    {
        _work = null;
        _argument = null;
    }

    internal override void Run(object? state, CancellationToken aborted)
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

            task.Run(this, adapter, _work!, state, _argument, cancellation);
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
