namespace Tandem.Invocation;

/// <summary>Work with one argument and an optional token.</summary>
internal sealed class ArgumentAdapter<TArgument, TResult> : ItemAdapter<TArgument, TResult>
{
    internal static readonly ArgumentAdapter<TArgument, TResult> Instance = new();

    internal override void Accept(IAdapterVisitor visitor) => visitor.VisitArgument<TArgument, TResult>(this);

    protected override ValueTask<TResult> InvokeTyped(Delegate work, object? state, TArgument argument, CancellationToken cancellation) =>
        OneParameter<TArgument>.Invoke(work, argument, cancellation);
}
