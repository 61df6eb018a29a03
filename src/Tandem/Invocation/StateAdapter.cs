using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>Work that gets the state of its worker.</summary>
internal sealed class StateAdapter<TState, TResult> : DelegateAdapter<TResult>
{
    internal static readonly StateAdapter<TState, TResult> Instance = new();

    internal override void Accept(IAdapterVisitor visitor) => visitor.VisitState<TState, TResult>(this);

    internal override void WriteArgument(PayloadWriter writer, object? argument)
    {
    }

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation) =>
        OneParameter<TState>.Invoke(work, (TState)state!, cancellation);

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation) =>
        OneParameter<TState>.Invoke(work, (TState)state!, cancellation);
}
