using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Tandem.Serve.TestApp;

/// <summary>For clients that are slow because their machine is busy, or because a test wants them to be.</summary>
internal static class Patience
{
    internal static void Configure(KestrelServerOptions options)
    {
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromMinutes(10);
    }
}
