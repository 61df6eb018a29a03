using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>
/// The task of a call, as engines see it: they do not know the type of its result. It completes once, with the item that is given: whoever
/// settles that item first.
/// </summary>
internal interface ICallTask
{
    /// <summary>Runs the work in this process and completes the task with its result. What the work throws is thrown here.</summary>
    void Run(WorkItem item, Form form, Delegate work, object? state, object? argument, CancellationToken cancellation);

    /// <summary>Completes the task with a result that was serialized. A result that cannot be rebuilt fails it.</summary>
    void ReadResult(WorkItem item, PayloadReader reader);

    /// <summary>Fails the task; false when it was complete before.</summary>
    bool Fail(WorkItem item, Exception error);

    /// <summary>Cancels the task.</summary>
    void Cancel(WorkItem item, CancellationToken token);
}
