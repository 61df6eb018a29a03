using Tandem.Transport.Portable;

namespace Tandem.Launch;

/// <inheritdoc/>
/// <param name="link">The parent's side.</param>
/// <param name="name">The name of the pipes.</param>
internal sealed class PortableNewLink(PortableLink link, string name) : NewLink(link, name)
{
    public override void Dispose()
    {
    }
}
