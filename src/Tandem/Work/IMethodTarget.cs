using Tandem.Invocation;

namespace Tandem.Work;

/// <summary>A worker that methods can be defined to before an item needs them.</summary>
internal interface IMethodTarget
{
    /// <summary>Whether the worker is not ready yet. The caller holds the engine's lock.</summary>
    bool IsStarting { get; }

    /// <summary>Sends the definition of a method, once. The caller holds the engine's lock.</summary>
    /// <param name="remoteMethod">The method.</param>
    /// <param name="isAhead">Whether no item needs it yet, so that the worker has time to compile it.</param>
    /// <returns>False if there is no space now.</returns>
    bool TryDefine(RemoteMethod remoteMethod, bool isAhead);

    /// <summary>
    /// Publishes what was sent. The caller holds the engine's lock; if the result is true, it calls <see cref="Wake"/> without the lock.
    /// </summary>
    bool Flush();

    /// <summary>Wakes the worker.</summary>
    void Wake();
}
