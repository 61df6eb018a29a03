using Microsoft.AspNetCore.Hosting;

namespace Tandem.Serve.Hook;

/// <summary>Every web host calls this while it is built. It attaches to old hosts, for which there is no diagnostic event.</summary>
internal sealed class WebHostStartup : IHostingStartup
{
    public void Configure(IWebHostBuilder builder) => Attachment.Attach?.Invoke(builder);
}
