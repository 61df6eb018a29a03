using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>Work that gets the state of its worker.</summary>
internal sealed class StateForm<TState, TResult> : Form<TResult>
{
    internal static readonly StateForm<TState, TResult> Instance = new();

    protected override Delegate WorkWithoutEffect => new Func<TState, TResult>(static _ => default!);

    protected override object? DefaultState => default(TState);

    internal override void WriteArgument(PayloadWriter writer, object? argument)
    {
    }

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation) =>
        OneParameter<TState>.Invoke(work, (TState)state!, cancellation);

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation) =>
        OneParameter<TState>.Invoke(work, (TState)state!, cancellation);
}
