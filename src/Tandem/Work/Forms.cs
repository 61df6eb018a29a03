using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>Work without parameters, but for a token.</summary>
internal sealed class PlainForm<TResult> : Form<TResult>
{
    internal static readonly PlainForm<TResult> Instance = new();

    protected override Delegate WorkWithoutEffect => new Func<TResult>(static () => default!);

    internal override void WriteArgument(PayloadWriter writer, object? argument)
    {
    }

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation) =>
        Invoke(work, state, (object?)null, cancellation);

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation)
    {
        switch (work)
        {
            // Asynchronous forms first: a Func<Task<object>> is, by variance, a Func<object> too.
            case Func<Task<TResult>> function: return new(function());
            case Func<CancellationToken, Task<TResult>> function: return new(function(cancellation));
            case Func<TResult> function: return new(function());
            case Action action: action(); return default;
            case Func<CancellationToken, TResult> function: return new(function(cancellation));
            case Action<CancellationToken> action: action(cancellation); return default;
            case Func<Task> function: return WithoutResult(function());
            case Func<CancellationToken, Task> function: return WithoutResult(function(cancellation));
            default: throw Unfit(work);
        }
    }
}

/// <summary>Work on the state of its worker.</summary>
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

/// <summary>Work with a parameter that travels with the call: an explicit argument, or the item of a map.</summary>
internal abstract class ItemForm<TArgument, TResult> : Form<TResult>
{
    internal sealed override bool TakesArgument => true;

    internal sealed override void WriteArgument(PayloadWriter writer, object? argument) => Codec<TArgument>.Instance.Write(writer, (TArgument)argument!);

    protected sealed override bool CanRehearse => HasPlainDefault<TArgument>() && HasPlainDefault<TResult>();

    protected sealed override void WriteDefaultArgument(PayloadWriter writer) => Codec<TArgument>.Instance.Write(writer, default!);

    protected sealed override ValueTask<TResult> Invoke(Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation) =>
        InvokeTyped(work, state, ReadArgument(arguments), cancellation);

    protected sealed override ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation) =>
        InvokeTyped(work, state, (TArgument)argument!, cancellation);

    /// <summary>Runs the work on one item that is on this heap, to its end.</summary>
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

/// <summary>Work with one parameter, and a token.</summary>
internal sealed class ArgumentForm<TArgument, TResult> : ItemForm<TArgument, TResult>
{
    internal static readonly ArgumentForm<TArgument, TResult> Instance = new();

    protected override Delegate WorkWithoutEffect => new Func<TArgument, TResult>(static _ => default!);

    protected override ValueTask<TResult> InvokeTyped(Delegate work, object? state, TArgument argument, CancellationToken cancellation) =>
        OneParameter<TArgument>.Invoke(work, argument, cancellation);
}

/// <summary>Work on the state of its worker and a parameter that travels with the call.</summary>
internal sealed class StateArgumentForm<TState, TArgument, TResult> : ItemForm<TArgument, TResult>
{
    internal static readonly StateArgumentForm<TState, TArgument, TResult> Instance = new();

    protected override Delegate WorkWithoutEffect => new Func<TState, TArgument, TResult>(static (_, _) => default!);

    protected override object? DefaultState => default(TState);

    protected override ValueTask<TResult> InvokeTyped(Delegate work, object? state, TArgument argument, CancellationToken cancellation)
    {
        var typed = (TState)state!;
        switch (work)
        {
            case Func<TState, TArgument, CancellationToken, Task<TResult>> function: return new(function(typed, argument, cancellation));
            case Func<TState, TArgument, TResult> function: return new(function(typed, argument));
            case Action<TState, TArgument> action: action(typed, argument); return default;
            case Func<TState, TArgument, CancellationToken, Task> function: return WithoutResult(function(typed, argument, cancellation));
            default: throw Unfit(work);
        }
    }
}
