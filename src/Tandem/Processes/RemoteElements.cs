using Tandem.Invocation;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>The item that sends a chunk's elements to a worker process.</summary>
internal sealed class RemoteElements(
    Chunk chunk, CallPayload callPayload, CancellationToken cancellationToken) : RemoteItem(callPayload, cancellationToken)
{
    internal override Chunk Chunk => chunk;

    protected override string MethodName => chunk.MethodName;

    internal override bool SetException(Exception error) => chunk.Fail(error);

    internal override void SetCanceled(CancellationToken token) => chunk.Cancel(token);
}
