using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>One call of a pool of threads.</summary>
internal sealed class LocalItem<TResult>(Form<TResult> form, Delegate work, object? argument, CancellationToken cancellationToken)
    : WorkItem<TResult>(cancellationToken)
{
    private Delegate? _work = work;
    private object? _argument = argument;

    internal Delegate Work => _work!;

    internal object? Argument => _argument;

    protected override string MethodName => _work is { } method ? MethodNames.Readable(method.Method) : "?";

    internal override void Abandon()
    {
        _work = null;
        _argument = null;
    }

    internal override void RunLocally(object? state, CancellationToken aborted) => form.RunLocally(this, state, aborted);
}
