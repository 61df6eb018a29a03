using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Work;

namespace Tandem.WarmUp;

/// <summary>In the process that has the pool: settles an item of the adapter with a default result. Nobody waits for that item.</summary>
/// <param name="remoteMethod">What the first item calls.</param>
/// <param name="settle">Settles an item with a result, as a worker's frame would.</param>
internal sealed class ResultWarmUp(RemoteMethod remoteMethod, Action<ICallTask, RemoteMethod, PayloadReader> settle) : IAdapterVisitor
{
    public void VisitPlain<TResult>(DelegateAdapter<TResult> adapter) => Settle<TResult>();

    public void VisitState<TState, TResult>(DelegateAdapter<TResult> adapter) => Settle<TResult>();

    public void VisitArgument<TArgument, TResult>(DelegateAdapter<TResult> adapter)
    {
        if (PlainDefault.Exists<TArgument>())
            Settle<TResult>();
    }

    public void VisitStateArgument<TState, TArgument, TResult>(DelegateAdapter<TResult> adapter) =>
        VisitArgument<TArgument, TResult>(adapter);

    private unsafe void Settle<TResult>()
    {
        if (!PlainDefault.Exists<TResult>())
            return;

        using PayloadWriter result = new();
        result.Begin(HeapMemory.Instance);
        DelegateAdapter<TResult>.Write(result, default!);
        var reader = new PayloadReader();
        reader.Begin(result.Start, result.Length);
        settle(new CallTask<TResult>(), remoteMethod, reader);
    }
}
