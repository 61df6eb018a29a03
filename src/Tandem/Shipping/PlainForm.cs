using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>Work without parameters, but for a token.</summary>
internal sealed class PlainForm<TResult> : Form<TResult>
{
    internal static readonly PlainForm<TResult> Instance = new();

    internal override void Accept(IFormVisitor visitor) => visitor.VisitPlain(this);

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
            case Func<ValueTask<TResult>> function: return function();
            case Func<CancellationToken, ValueTask<TResult>> function: return function(cancellation);
            case Func<ValueTask> function: return WithoutResult(function().AsTask());
            case Func<CancellationToken, ValueTask> function: return WithoutResult(function(cancellation).AsTask());
            default: throw Unfit(work);
        }
    }
}
