using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.InWorker;

/// <summary>A worker beside a program that runs in the same process: its only work is what the program offers.</summary>
/// <param name="work">Runs until it completes, or until its token is cancelled. A static method without captured values.</param>
/// <param name="onOrphaned">Called when the parent has exited; may be called after the loop has ended.</param>
internal sealed class GuestWorker(Func<CancellationToken, Task> work, Action onOrphaned) : WorkerKind
{
    /// <inheritdoc/>
    /// <remarks>Whatever the parent defines, since its types may not exist here and are not needed.</remarks>
    internal override RemoteMethod ReadDefinition(PayloadReader reader) => RemoteMethod.Of(work, PlainAdapter<VoidResult>.Instance);

    internal override void OnOrphaned() => onOrphaned();

    /// <inheritdoc/>
    /// <remarks>The program decides: it is notified when the control connection ends, too.</remarks>
    internal override void OnDisconnected()
    {
    }
}
