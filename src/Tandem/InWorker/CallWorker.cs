using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.InWorker;

/// <summary>A worker that runs all that its parent defines, without the program's <c>Main</c>, and exits with its parent.</summary>
internal sealed class CallWorker : WorkerKind
{
    internal static readonly CallWorker Instance = new();

    internal override RemoteMethod ReadDefinition(PayloadReader reader) => RemoteMethod.ReadDefinition(reader);

    internal override void OnOrphaned() => WorkerHost.EndAsOrphan();

    /// <inheritdoc/>
    /// <remarks>Also kills the processes that this worker has started.</remarks>
    internal override void OnDisconnected() => WorkerHost.EndAsOrphan();
}
