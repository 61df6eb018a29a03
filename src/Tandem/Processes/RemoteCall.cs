using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>One call of a pool of processes.</summary>
internal sealed class RemoteCall(
    ICallTask task, CallPayload callPayload, CancellationToken cancellationToken) : RemoteItem(callPayload, cancellationToken)
{
    protected override string MethodName => Payload.RemoteMethod.Method.Name;

    internal override bool SetException(Exception error) => task.Fail(this, error);

    internal override void SetCanceled(CancellationToken token) => task.Cancel(this, token);

    /// <summary>Completes the task with the result that a worker sent.</summary>
    internal void ReadResult(PayloadReader reader) => task.ReadResult(this, reader);
}
