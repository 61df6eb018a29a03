using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.WarmUp;

/// <summary>In the process that has the pool: settles an item of the form with a default result. Nobody waits for that item.</summary>
/// <param name="callable">What the first item calls.</param>
/// <param name="settle">Settles an item with a result, as a worker's frame would.</param>
internal sealed class ResultWarmUp(Callable callable, Action<ICallTask, Callable, PayloadReader> settle) : IFormVisitor
{
    public void VisitPlain<TResult>(Form<TResult> form) => Settle<TResult>();

    public void VisitState<TState, TResult>(Form<TResult> form) => Settle<TResult>();

    public void VisitArgument<TArgument, TResult>(Form<TResult> form)
    {
        if (PlainDefault.Exists<TArgument>())
            Settle<TResult>();
    }

    public void VisitStateArgument<TState, TArgument, TResult>(Form<TResult> form) => VisitArgument<TArgument, TResult>(form);

    private unsafe void Settle<TResult>()
    {
        if (!PlainDefault.Exists<TResult>())
            return;

        using PayloadWriter result = new();
        result.Begin(HeapMemory.Instance);
        Form<TResult>.Write(result, default!);
        var reader = new PayloadReader();
        reader.Begin(result.Start, result.Length);
        settle(new CallTask<TResult>(), callable, reader);
    }
}
