using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.Work;

/// <inheritdoc/>
internal abstract class WorkItem<TResult> : WorkItem
{
    // Continuations never run on the thread that completes the task: it serves other items too.
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected WorkItem(CancellationToken cancellationToken)
        : base(cancellationToken)
    {
    }

    internal Task<TResult> Task => _completion.Task;

    internal void SetResult(TResult result)
    {
        if (TrySettle())
            AfterReports(static (completion, result) => completion.TrySetResult(result), result);
    }

    internal override bool SetException(Exception error)
    {
        if (error is OperationCanceledException canceled)
        {
            SetCanceled(canceled);
            return true;
        }

        if (!TrySettle(error))
            return false;

        AfterReports(static (completion, error) => completion.TrySetException(error), error);
        return true;
    }

    internal override void SetCanceled(CancellationToken token)
    {
        if (TrySettle(DetailsIfAny?.Observation is null ? null : new OperationCanceledException(token)))
            AfterReports(static (completion, token) => completion.TrySetCanceled(token), token);
    }

    internal override void ReadResult(PayloadReader reader)
    {
        TResult result;
        try
        {
            result = Form<TResult>.Read(reader);
        }
        catch (WorkSerializationException e)
        {
            SetException(e);
            return;
        }

        SetResult(result);
    }

    private void SetCanceled(OperationCanceledException canceled) =>
        SetCanceled(CancellationToken.IsCancellationRequested ? CancellationToken : canceled.CancellationToken);

    /// <summary>Reports that were sent before the end are delivered before the task completes.</summary>
    private void AfterReports<T>(Action<TaskCompletionSource<TResult>, T> complete, T value)
    {
        if (DetailsIfAny?.Reports is { } reports)
            Queue(reports, complete, value);
        else
            complete(_completion, value);
    }

    // Apart from its caller, so that a call without reports does not pay for the closure.
    private void Queue<T>(SerialQueue reports, Action<TaskCompletionSource<TResult>, T> complete, T value) =>
        reports.Enqueue(() => complete(_completion, value));
}

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
