namespace Tandem.Shipping;

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
