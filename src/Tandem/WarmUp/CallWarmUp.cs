using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.WarmUp;

/// <summary>In a worker: makes a call of the form, with default values, that runs no code of the user's.</summary>
internal sealed class CallWarmUp : IFormVisitor
{
    public void VisitPlain<TResult>(Form<TResult> form) =>
        Call(form, new Func<TResult>(static () => default!), state: null, argument: null);

    public void VisitState<TState, TResult>(Form<TResult> form) =>
        Call(form, new Func<TState, TResult>(static _ => default!), default(TState), argument: null);

    public void VisitArgument<TArgument, TResult>(Form<TResult> form)
    {
        if (PlainDefault.Exists<TArgument>())
            Call(form, new Func<TArgument, TResult>(static _ => default!), state: null, default(TArgument));
    }

    public void VisitStateArgument<TState, TArgument, TResult>(Form<TResult> form)
    {
        if (PlainDefault.Exists<TArgument>())
            Call(form, new Func<TState, TArgument, TResult>(static (_, _) => default!), default(TState), default(TArgument));
    }

    private static unsafe void Call<TResult>(Form<TResult> form, Delegate work, object? state, object? argument)
    {
        if (!PlainDefault.Exists<TResult>())
            return;

        using PayloadWriter arguments = new(), result = new();
        arguments.Begin(HeapMemory.Instance);
        form.WriteArgument(arguments, argument);
        result.Begin(HeapMemory.Instance);
        var reader = new PayloadReader();
        reader.Begin(arguments.Start, arguments.Length);
        form.Run(work, state, reader, result, CancellationToken.None);
    }
}
