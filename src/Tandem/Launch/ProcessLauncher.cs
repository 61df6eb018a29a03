namespace Tandem.Launch;

/// <summary>Starts processes and observes them. It can be combined with any <see cref="LinkFactory"/> that it can serve.</summary>
internal abstract class ProcessLauncher : IDisposable
{
    /// <summary>Whether processes inherit the descriptors that <see cref="Start"/> gets.</summary>
    internal abstract bool PassesDescriptors { get; }

    /// <summary>Runs an action on a thread on which processes may be started, and into which no execution context flows.</summary>
    internal abstract void Post(Action action);

    /// <summary>Starts a process. Called from a posted action.</summary>
    /// <param name="plan">The program to start.</param>
    /// <param name="environment">The complete environment of the process.</param>
    /// <param name="descriptors">
    /// The descriptors that become <see cref="LaunchProtocol.ControlDescriptor"/> and following numbers. The caller keeps its copies.
    /// </param>
    /// <param name="observer">Observes the process.</param>
    /// <exception cref="WorkerStartException">The process could not be started.</exception>
    internal abstract WorkerProcess Start(
        LaunchPlan plan, Dictionary<string, string> environment, ReadOnlySpan<int> descriptors, IProcessObserver observer);

    /// <summary>Warms up the code of the first start, if that takes a noticeable time. Called from a posted action.</summary>
    /// <param name="plan">Any plan.</param>
    /// <param name="environment">Creates any environment. Called only if it is needed.</param>
    internal virtual void WarmUp(LaunchPlan plan, Func<Dictionary<string, string>> environment)
    {
    }

    /// <summary>Stops observing. No process may be left.</summary>
    public abstract void Dispose();
}
