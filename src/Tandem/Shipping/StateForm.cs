using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>Work on the state of its worker.</summary>
internal sealed class StateForm<TState, TResult> : Form<TResult>
{
    internal static readonly StateForm<TState, TResult> Instance = new();

    internal override void Accept(IFormVisitor visitor) => visitor.VisitState<TState, TResult>(this);

    internal override void WriteArgument(PayloadWriter writer, object? argument)
    {
    }

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation) =>
        OneParameter<TState>.Invoke(work, (TState)state!, cancellation);

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation) =>
        OneParameter<TState>.Invoke(work, (TState)state!, cancellation);
}
