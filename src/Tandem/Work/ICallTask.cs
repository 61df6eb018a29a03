using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>
/// The task of a call. Engines use it without knowing the type of the result. The first caller that settles the item completes the task.
/// </summary>
internal interface ICallTask
{
    /// <summary>Runs the work in this process and completes the task with its result. Exceptions of the work are not caught.</summary>
    void Run(WorkItem item, DelegateAdapter adapter, Delegate work, object? state, object? argument, CancellationToken cancellation);

    /// <summary>Completes the task with a serialized result. A result that cannot be deserialized fails the task.</summary>
    void ReadResult(WorkItem item, PayloadReader reader);

    /// <summary>Fails the task. False if it was complete before.</summary>
    bool Fail(WorkItem item, Exception error);

    /// <summary>Cancels the task.</summary>
    void Cancel(WorkItem item, CancellationToken token);
}
