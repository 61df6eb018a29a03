using Tandem.Transport;

namespace Tandem.Launch;

/// <summary>
/// The connection to a worker whose process is started next. Disposing it ends what only the start needs, and not the link.
/// </summary>
internal abstract class WorkerConnection : IDisposable
{
    /// <summary>The parent's end. Whoever asked for the connection disposes it.</summary>
    internal abstract WorkerLink Link { get; }

    /// <summary>Starts the process, once.</summary>
    /// <param name="plan">What to start.</param>
    /// <param name="environment">Makes its environment; it is given the name of the transport.</param>
    /// <param name="observer">Hears of the process from then on.</param>
    /// <exception cref="WorkerStartException">It could not be started.</exception>
    internal abstract WorkerProcess Start(LaunchPlan plan, Func<string, Dictionary<string, string>> environment, IProcessObserver observer);

    public abstract void Dispose();
}
