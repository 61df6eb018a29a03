namespace Tandem.Shipping;

/// <summary>Work with one parameter, and a token.</summary>
internal sealed class ArgumentForm<TArgument, TResult> : ItemForm<TArgument, TResult>
{
    internal static readonly ArgumentForm<TArgument, TResult> Instance = new();

    internal override void Accept(IFormVisitor visitor) => visitor.VisitArgument<TArgument, TResult>(this);

    protected override ValueTask<TResult> InvokeTyped(Delegate work, object? state, TArgument argument, CancellationToken cancellation) =>
        OneParameter<TArgument>.Invoke(work, argument, cancellation);
}
