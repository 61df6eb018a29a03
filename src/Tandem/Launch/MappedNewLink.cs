using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;

namespace Tandem.Launch;

/// <inheritdoc/>
/// <param name="link">The parent's side.</param>
/// <param name="address">The names of what the worker opens.</param>
internal sealed class MappedNewLink(SharedMemoryLink link, MappedAddress address) : NewLink(link, address.ToString())
{
    public override void Dispose()
    {
    }
}
