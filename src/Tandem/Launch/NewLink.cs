using Tandem.Transport;

namespace Tandem.Launch;

/// <summary>
/// The link to a worker whose process is about to be started. Disposing it releases what only the start needs, but not the link.
/// </summary>
/// <param name="link">The parent's side. The code that created this object disposes it.</param>
/// <param name="address">What the worker connects to: the value of <see cref="LaunchProtocol.WorkerVariable"/>.</param>
internal abstract class NewLink(WorkerLink link, string address) : IDisposable
{
    /// <summary>The parent's side. The code that created this object disposes it.</summary>
    internal WorkerLink Link { get; } = link;

    /// <summary>What the worker connects to: the value of <see cref="LaunchProtocol.WorkerVariable"/>.</summary>
    internal string Address { get; } = address;

    /// <summary>The descriptors that the worker inherits, in the order that <see cref="LaunchProtocol"/> gives.</summary>
    internal virtual int[] Descriptors => [];

    /// <summary>The process was started and has its own copies of the descriptors.</summary>
    internal virtual void OnStarted()
    {
    }

    public abstract void Dispose();
}
