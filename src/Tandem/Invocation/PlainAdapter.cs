using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>Work without arguments, with an optional token.</summary>
internal sealed class PlainAdapter<TResult> : DelegateAdapter<TResult>
{
    internal static readonly PlainAdapter<TResult> Instance = new();

    internal override void Accept(IAdapterVisitor visitor) => visitor.VisitPlain(this);

    internal override void WriteArgument(PayloadWriter writer, object? argument)
    {
    }

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, PayloadReader arguments, CancellationToken cancellation) =>
        Invoke(work, state, (object?)null, cancellation);

    protected override ValueTask<TResult> Invoke(Delegate work, object? state, object? argument, CancellationToken cancellation)
    {
        switch (work)
        {
            // Asynchronous delegates first: by variance, a Func<Task<object>> is also a Func<object>.
            case Func<Task<TResult>> function: return new(function());
            case Func<CancellationToken, Task<TResult>> function: return new(function(cancellation));
            case Func<TResult> function: return new(function());
            case Action action: action(); return default;
            case Func<CancellationToken, TResult> function: return new(function(cancellation));
            case Action<CancellationToken> action: action(cancellation); return default;
            case Func<Task> function: return WithoutResult(function());
            case Func<CancellationToken, Task> function: return WithoutResult(function(cancellation));
            case Func<ValueTask<TResult>> function: return function();
            case Func<CancellationToken, ValueTask<TResult>> function: return function(cancellation);
            case Func<ValueTask> function: return WithoutResult(function().AsTask());
            case Func<CancellationToken, ValueTask> function: return WithoutResult(function(cancellation).AsTask());
            default: throw Unfit(work);
        }
    }
}
