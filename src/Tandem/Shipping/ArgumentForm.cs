namespace Tandem.Shipping;

/// <summary>Work with one argument and an optional token.</summary>
internal sealed class ArgumentForm<TArgument, TResult> : ItemForm<TArgument, TResult>
{
    internal static readonly ArgumentForm<TArgument, TResult> Instance = new();

    protected override Delegate WorkWithoutEffect => new Func<TArgument, TResult>(static _ => default!);

    protected override ValueTask<TResult> InvokeTyped(Delegate work, object? state, TArgument argument, CancellationToken cancellation) =>
        OneParameter<TArgument>.Invoke(work, argument, cancellation);
}
