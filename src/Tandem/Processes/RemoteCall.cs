using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>One call of a pool of processes.</summary>
internal sealed class RemoteCall(ICallTask task, Shipment shipment, CancellationToken cancellationToken) : RemoteItem(shipment, cancellationToken)
{
    protected override string MethodName => Shipment.Callable.Method.Name;

    internal override bool SetException(Exception error) => task.Fail(this, error);

    internal override void SetCanceled(CancellationToken token) => task.Cancel(this, token);

    /// <summary>Completes the task with the result that a worker sent.</summary>
    internal void ReadResult(PayloadReader reader) => task.ReadResult(this, reader);
}
