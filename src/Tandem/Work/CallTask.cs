using System.Diagnostics;
using System.Runtime.CompilerServices;
using Tandem.BackgroundWork;
using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Work;

/// <inheritdoc cref="ICallTask"/>
/// <remarks>
/// The class derives from the task source, which saves an allocation for each call. Continuations never run on the thread that completes
/// the task, because that thread also serves other items.
/// </remarks>
internal sealed class CallTask<TResult>() : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously), ICallTask
{
    public void Run(WorkItem item, DelegateAdapter adapter, Delegate work, object? state, object? argument, CancellationToken cancellation)
    {
        // The pool creates the task and chooses the adapter for the same type. A checked cast to a generic class costs time in each
        // call.
        Debug.Assert(adapter is DelegateAdapter<TResult>);
        Complete(item, Unsafe.As<DelegateAdapter<TResult>>(adapter).RunLocally(work, state, argument, cancellation));
    }

    public void ReadResult(WorkItem item, PayloadReader reader)
    {
        TResult result;
        try
        {
            result = DelegateAdapter<TResult>.Read(reader);
        }
        catch (Exception e) when (RebuildErrors.IsOfValue(e))
        {
            Fail(item, item.Explain(RebuildErrors.For("the result could not be rebuilt in the calling process", "result", e), 0));
            return;
        }

        Complete(item, result);
    }

    public bool Fail(WorkItem item, Exception error)
    {
        if (!item.TrySettle(error))
            return false;

        AfterReports(item, Fail, error);
        return true;
    }

    public void Cancel(WorkItem item, CancellationToken token)
    {
        if (item.TrySettle(item.DetailsIfAny?.Observation is null ? null : new OperationCanceledException(token)))
            AfterReports(item, static (task, token) => task.TrySetCanceled(token), token);
    }

    private void Complete(WorkItem item, TResult result)
    {
        if (!item.TrySettle())
            return;

        if (item.DetailsIfAny?.Reports is { } reports)
        {
            Queue(item, reports, result);
            return;
        }

        TrySetResult(result);
        item.OnTaskCompleted();
    }

    private static void Fail(CallTask<TResult> task, Exception error)
    {
        if (error is not OperationCanceledException)
        {
            task.TrySetException(error);
            return;
        }

        // As in a task of an asynchronous method: the task is cancelled, and code that awaits it gets the original exception with its
        // cause.
        var canceled = AsyncTaskMethodBuilder<TResult>.Create();
        canceled.SetException(error);
        task.TrySetFromTask(canceled.Task);
    }

    /// <summary>Completes the task after all reports that were sent before the end are delivered.</summary>
    private void AfterReports<T>(WorkItem item, Action<CallTask<TResult>, T> complete, T value)
    {
        if (item.DetailsIfAny?.Reports is { } reports)
        {
            Queue(item, reports, complete, value);
            return;
        }

        complete(this, value);
        item.OnTaskCompleted();
    }

    // Separate methods, so that a call without reports does not allocate the closure.
    private void Queue<T>(WorkItem item, SerialQueue reports, Action<CallTask<TResult>, T> complete, T value) => reports.Enqueue(() =>
    {
        complete(this, value);
        item.OnTaskCompleted();
    });

    // On threads, a receiver that throws fails the work that reports to it. Here the work may have completed, and the call fails anyway.
    private void Queue(WorkItem item, SerialQueue reports, TResult result) => reports.Enqueue(() =>
    {
        if (reports.FirstError is { } error)
            Fail(this, error);
        else
            TrySetResult(result);
        item.OnTaskCompleted();
    });
}
