using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Launch;

/// <summary>Starts workers for one pool: their processes and the connections to them.</summary>
internal abstract class WorkerLauncher : IDisposable
{
    /// <summary>Memory for the arguments of the pool's items.</summary>
    internal abstract IPayloadMemory Memory { get; }

    /// <summary>Runs an action where processes may be started: on a thread into which no context flows.</summary>
    internal abstract void Post(Action action);

    /// <summary>Loads what the first start needs, where that takes a time that is worth it; called from a posted action.</summary>
    internal virtual void LoadAhead(LaunchPlan plan, Func<string, Dictionary<string, string>> environment)
    {
    }

    /// <summary>Makes the connection to a new worker; called from a posted action, as is the start of its process.</summary>
    /// <exception cref="WorkerStartException">It could not be made.</exception>
    internal abstract WorkerConnection Connect();

    /// <summary>Ends what watches processes. No worker may be left.</summary>
    public abstract void Dispose();

    /// <summary>The launcher for the transport that is asked for, or that this system has.</summary>
    internal static WorkerLauncher Create(ProcessPoolOptions options)
    {
        bool shared = options.Transport != WorkerTransport.Portable && SharedMemoryLauncher.IsSupported;
        if (options.Transport == WorkerTransport.SharedMemory && !shared)
        {
            throw new WorkerStartException(
                $"Shared memory between processes cannot be used here ({SharedMemoryLauncher.Problem}). It needs Linux 5.3 or newer with memfd and pidfd; use WorkerTransport.Auto or Portable.");
        }

        try
        {
            return shared ? new SharedMemoryLauncher(options) : new PortableLauncher();
        }
        catch (Exception e) when (e is IOException or OutOfMemoryException)
        {
            throw new WorkerStartException($"What starts workers could not be made: {SystemLimits.Explain(e)}.", e);
        }
    }
}
