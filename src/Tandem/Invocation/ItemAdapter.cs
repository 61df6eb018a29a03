using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>Work with an argument that is serialized with the call: an explicit argument, or the item of a map.</summary>
internal abstract class ItemAdapter<TArgument, TResult> : DelegateAdapter<TResult>
{
    internal sealed override bool TakesArgument => true;

    internal sealed override void WriteArgument(PayloadWriter writer, object? argument) =>
        Codec<TArgument>.Instance.Write(writer, (TArgument)argument!);

    protected sealed override ValueTask<TResult> Invoke(
        Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation) =>
        InvokeTyped(work, state, ReadArgument(arguments), cancellation);

    protected sealed override ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation) =>
        InvokeTyped(work, state, (TArgument)argument!, cancellation);

    /// <summary>Runs the work in this process on one item, which is not serialized, until it has completed.</summary>
    internal TResult RunElement(Delegate work, object? state, TArgument item, CancellationToken cancellation) =>
        Wait(Unwrap(InvokeTyped(work, state, item, cancellation)));

    private static TArgument ReadArgument(PayloadReader arguments)
    {
        try
        {
            return Codec<TArgument>.Instance.Read(arguments);
        }
        catch (Exception e) when (RebuildErrors.IsOfValue(e))
        {
            throw RebuildErrors.For("the argument could not be rebuilt in the worker process", "argument", e);
        }
    }

    protected abstract ValueTask<TResult> InvokeTyped(Delegate work, object? state, TArgument argument, CancellationToken cancellation);
}
