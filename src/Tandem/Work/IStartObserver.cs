using Tandem.Invocation;

namespace Tandem.Work;

/// <summary>Observes the starts of a pool's workers. The pool does not depend on what an observer does.</summary>
internal interface IStartObserver
{
    /// <summary>Called on the launcher's thread when the process of a worker was started.</summary>
    void OnStarted(IMethodTarget worker);

    /// <summary>Called under the engine's lock when a worker is ready and waits as a spare.</summary>
    /// <returns>Whether to wake the worker, outside of the lock.</returns>
    bool OnSpareReady(IMethodTarget spare);

    /// <summary>Called under the engine's lock when a method was defined to a worker.</summary>
    void OnMethodDefined(RemoteMethod remoteMethod);
}
