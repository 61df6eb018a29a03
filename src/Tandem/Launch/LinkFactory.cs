using Tandem.Serialization;

namespace Tandem.Launch;

/// <summary>Creates the links of one transport, for the workers of one pool.</summary>
internal abstract class LinkFactory : IDisposable
{
    /// <summary>Memory for the arguments of the pool's items.</summary>
    internal abstract IPayloadMemory Memory { get; }

    /// <summary>Whether a worker must inherit descriptors to connect.</summary>
    internal abstract bool NeedsDescriptors { get; }

    /// <summary>Creates the link to a new worker.</summary>
    /// <exception cref="WorkerStartException">The link could not be created.</exception>
    internal abstract NewLink Create();

    /// <summary>No worker may be left.</summary>
    public abstract void Dispose();
}
