using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Launch;

/// <summary>Starts workers for one pool: their processes and the connections to them.</summary>
internal abstract class WorkerLauncher : IDisposable
{
    /// <summary>Memory for the arguments of the pool's items.</summary>
    internal abstract IPayloadMemory Memory { get; }

    /// <summary>Runs an action on a thread on which processes may be started, and into which no execution context flows.</summary>
    internal abstract void Post(Action action);

    /// <summary>Warms up the code of the first start, if that takes a noticeable time. Called from a posted action.</summary>
    internal virtual void WarmUp(LaunchPlan plan, Func<string, Dictionary<string, string>> environment)
    {
    }

    /// <summary>Creates the connection to a new worker. Called from a posted action, as is the start of its process.</summary>
    /// <exception cref="WorkerStartException">The connection could not be created.</exception>
    internal abstract WorkerConnection Connect();

    /// <summary>Stops watching processes. No worker may be left.</summary>
    public abstract void Dispose();

    /// <summary>Creates the launcher for the transport that the options request, or that this system supports.</summary>
    internal static WorkerLauncher Create(ProcessPoolOptions options)
    {
        bool shared = options.Transport != WorkerTransport.Portable && SharedMemoryLauncher.IsSupported;
        if (options.Transport == WorkerTransport.SharedMemory && !shared)
        {
            throw new WorkerStartException(
                $"This system does not support shared memory between processes ({SharedMemoryLauncher.Problem}). "
                + "It requires Linux 5.3 or newer with memfd and pidfd; use WorkerTransport.Auto or Portable.");
        }

        try
        {
            return shared ? new SharedMemoryLauncher(options) : new PortableLauncher();
        }
        catch (Exception e) when (e is IOException or OutOfMemoryException)
        {
            throw new WorkerStartException($"The launcher of workers could not be created: {SystemLimits.Explain(e)}.", e);
        }
    }
}
