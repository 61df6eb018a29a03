using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Child;

/// <summary>The data from which a service's host is built. It is sent to the service's process.</summary>
internal sealed record ServiceSpec(
    string ApplicationName,
    string EnvironmentName,
    string ContentRootPath,
    KeyValuePair<string, string?>[] Configuration,
    Action<HostApplicationBuilder>[] Configure,
    LogLevel MinimumLevel,
    TimeSpan ShutdownTimeout,
    bool SignalsReadiness,
    IProgress<ServiceReport> Reports);
