using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>One call of a pool of processes.</summary>
internal sealed class RemoteItem<TResult> : WorkItem<TResult>
{
    private Journey _journey;

    /// <exception cref="WorkSerializationException">The delegate cannot travel.</exception>
    internal RemoteItem(Form<TResult> form, Delegate work, object? argument, CancellationToken cancellationToken)
        : base(cancellationToken) => _journey.Shipment = Shipment.Of(form, work, argument);

    protected override ref Journey Journey => ref _journey;

    protected override string MethodName => Shipment.Callable.Method.Name;
}
