using System.Runtime.CompilerServices;
using Tandem.BackgroundWork;
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
        if (!TrySettle())
            return;

        if (DetailsIfAny?.Reports is { } reports)
            Queue(reports, result);
        else
            _completion.TrySetResult(result);
    }

    internal override bool SetException(Exception error)
    {
        if (!TrySettle(error))
            return false;

        AfterReports(Fail, error);
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
        catch (Exception e) when (RebuildErrors.IsOfValue(e))
        {
            SetException(Explain(RebuildErrors.For("the result could not be rebuilt in the calling process", "result", e), 0));
            return;
        }

        SetResult(result);
    }

    private static void Fail(TaskCompletionSource<TResult> completion, Exception error)
    {
        if (error is not OperationCanceledException)
        {
            completion.TrySetException(error);
            return;
        }

        // As a task of an asynchronous method: it is cancelled, and whoever awaits it gets what was thrown, with its cause.
        var canceled = AsyncTaskMethodBuilder<TResult>.Create();
        canceled.SetException(error);
        completion.TrySetFromTask(canceled.Task);
    }

    /// <summary>Reports that were sent before the end are delivered before the task completes.</summary>
    private void AfterReports<T>(Action<TaskCompletionSource<TResult>, T> complete, T value)
    {
        if (DetailsIfAny?.Reports is { } reports)
            Queue(reports, complete, value);
        else
            complete(_completion, value);
    }

    // Apart from their callers, so that a call without reports does not pay for the closure.
    private void Queue<T>(SerialQueue reports, Action<TaskCompletionSource<TResult>, T> complete, T value) =>
        reports.Enqueue(() => complete(_completion, value));

    // On threads, a receiver that throws fails the work that reports to it. Here the work may be over by then, and fails all the same.
    private void Queue(SerialQueue reports, TResult result) => reports.Enqueue(() =>
    {
        if (reports.FirstError is { } error)
            Fail(_completion, error);
        else
            _completion.TrySetResult(result);
    });
}
