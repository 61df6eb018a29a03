using Tandem.Serialization;

namespace Tandem.Work;

/// <inheritdoc/>
internal class WorkItem<TResult> : WorkItem
{
    // Continuations never run on the thread that completes the task: it serves other items too.
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal WorkItem(Form<TResult> form, Delegate work, object? argument, CancellationToken cancellationToken)
        : base(form, work, cancellationToken) => Argument = argument;

    internal object? Argument { get; }

    internal override bool HasArgument => ((Form<TResult>)Form).TakesArgument;

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

    internal override void WriteArguments(PayloadWriter writer)
    {
        Callable!.Method.WriteValues(writer, Work);
        try
        {
            ((Form<TResult>)Form).WriteArgument(writer, Argument);
        }
        catch (WorkSerializationException e)
        {
            e.Prepend("argument");
            throw;
        }
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

/// <summary>One call of a pool of processes. Apart, because an item of a pool of threads is smaller without.</summary>
internal sealed class RemoteItem<TResult>(Form<TResult> form, Delegate work, object? argument, CancellationToken cancellationToken)
    : WorkItem<TResult>(form, work, argument, cancellationToken)
{
    private Journey _journey;

    protected override ref Journey Journey => ref _journey;
}
