using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.InWorker;

/// <summary>
/// What this worker process is, seen from inside: which methods it runs, and whether it exits with its parent. The counterpart in the
/// parent is <see cref="Launch.LaunchableProgram"/>.
/// </summary>
internal abstract class WorkerKind
{
    /// <summary>Reads the definition of a method that the parent wants to call.</summary>
    internal abstract RemoteMethod ReadDefinition(PayloadReader reader);

    /// <summary>
    /// Called when the parent has exited or cannot be reached: nothing waits for the running items, and they must not run forever.
    /// </summary>
    internal abstract void OnOrphaned();

    /// <summary>Called when the connection has ended although the parent has not asked the worker to stop.</summary>
    internal abstract void OnDisconnected();
}
