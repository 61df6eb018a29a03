using Microsoft.AspNetCore.Hosting;

namespace Tandem.Serve.Hook;

/// <summary>Called by every web host while it is built. Those of the older kind, of which no diagnostic event tells, are attached to by it.</summary>
internal sealed class WebHostStartup : IHostingStartup
{
    public void Configure(IWebHostBuilder builder) => Attachment.Attach?.Invoke(builder);
}
