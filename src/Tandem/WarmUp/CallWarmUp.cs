using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.WarmUp;

/// <summary>In a worker: makes a call with the adapter, with default values, that runs no code of the user's.</summary>
internal sealed class CallWarmUp : IAdapterVisitor
{
    public void VisitPlain<TResult>(DelegateAdapter<TResult> adapter) =>
        Call(adapter, new Func<TResult>(static () => default!), state: null, argument: null);

    public void VisitState<TState, TResult>(DelegateAdapter<TResult> adapter) =>
        Call(adapter, new Func<TState, TResult>(static _ => default!), default(TState), argument: null);

    public void VisitArgument<TArgument, TResult>(DelegateAdapter<TResult> adapter)
    {
        if (PlainDefault.Exists<TArgument>())
            Call(adapter, new Func<TArgument, TResult>(static _ => default!), state: null, default(TArgument));
    }

    public void VisitStateArgument<TState, TArgument, TResult>(DelegateAdapter<TResult> adapter)
    {
        if (PlainDefault.Exists<TArgument>())
            Call(adapter, new Func<TState, TArgument, TResult>(static (_, _) => default!), default(TState), default(TArgument));
    }

    private static unsafe void Call<TResult>(DelegateAdapter<TResult> adapter, Delegate work, object? state, object? argument)
    {
        if (!PlainDefault.Exists<TResult>())
            return;

        using PayloadWriter arguments = new(), result = new();
        arguments.Begin(HeapMemory.Instance);
        adapter.WriteArgument(arguments, argument);
        result.Begin(HeapMemory.Instance);
        var reader = new PayloadReader();
        reader.Begin(arguments.Start, arguments.Length);
        adapter.Run(work, state, reader, result, CancellationToken.None);
    }
}
