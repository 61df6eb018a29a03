namespace Tandem.Invocation;

/// <summary>Work that gets the state of its worker and an argument that is serialized with the call.</summary>
internal sealed class StateArgumentAdapter<TState, TArgument, TResult> : ItemAdapter<TArgument, TResult>
{
    internal static readonly StateArgumentAdapter<TState, TArgument, TResult> Instance = new();

    internal override void Accept(IAdapterVisitor visitor) => visitor.VisitStateArgument<TState, TArgument, TResult>(this);

    protected override ValueTask<TResult> InvokeTyped(Delegate work, object? state, TArgument argument, CancellationToken cancellation)
    {
        var typed = (TState)state!;
        switch (work)
        {
            // Asynchronous delegates first: by variance, a Func<TState, TArgument, Task<object>> is also a Func<TState, TArgument, object>.
            case Func<TState, TArgument, Task<TResult>> function: return new(function(typed, argument));
            case Func<TState, TArgument, CancellationToken, Task<TResult>> function: return new(function(typed, argument, cancellation));
            case Func<TState, TArgument, TResult> function: return new(function(typed, argument));
            case Func<TState, TArgument, CancellationToken, TResult> function: return new(function(typed, argument, cancellation));
            case Action<TState, TArgument> action: action(typed, argument); return default;
            case Action<TState, TArgument, CancellationToken> action: action(typed, argument, cancellation); return default;
            case Func<TState, TArgument, Task> function: return WithoutResult(function(typed, argument));
            case Func<TState, TArgument, CancellationToken, Task> function: return WithoutResult(function(typed, argument, cancellation));
            case Func<TState, TArgument, ValueTask<TResult>> function: return function(typed, argument);
            case Func<TState, TArgument, CancellationToken, ValueTask<TResult>> function: return function(typed, argument, cancellation);
            case Func<TState, TArgument, ValueTask> function: return WithoutResult(function(typed, argument).AsTask());
            case Func<TState, TArgument, CancellationToken, ValueTask> function:
                return WithoutResult(function(typed, argument, cancellation).AsTask());
            default: throw Unfit(work);
        }
    }
}
