using Tandem.Transport;

namespace Tandem.Launch;

/// <summary>
/// A connection to a worker whose process is about to be started. Disposing it releases what only the start needs, but not the link.
/// </summary>
internal abstract class WorkerConnection : IDisposable
{
    /// <summary>The parent's side of the connection. The code that created the connection disposes it.</summary>
    internal abstract WorkerLink Link { get; }

    /// <summary>Starts the process. Called once.</summary>
    /// <param name="plan">The program to start.</param>
    /// <param name="environment">Creates the environment of the process from the name of the transport.</param>
    /// <param name="observer">Observes the process.</param>
    /// <exception cref="WorkerStartException">The process could not be started.</exception>
    internal abstract WorkerProcess Start(LaunchPlan plan, Func<string, Dictionary<string, string>> environment, IProcessObserver observer);

    public abstract void Dispose();
}
