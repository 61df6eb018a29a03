using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tandem.Hosting.Child;

namespace Tandem.Hosting;

/// <summary>What a host provides for its services.</summary>
internal sealed class ServiceContext(
    IHostEnvironment environment,
    IConfiguration configuration,
    IOptions<HostOptions> hostOptions,
    IOptions<LoggerFilterOptions> filters,
    ILoggerFactory loggerFactory)
{
    /// <summary>The time that a service's host needs in addition to the service's time to stop.</summary>
    internal static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(500);

    internal ILoggerFactory LoggerFactory => loggerFactory;

    internal LogRelay Relay { get; } = new(loggerFactory);

    internal TimeSpan ShutdownTimeoutOf(IsolatedServiceOptions options) => options.ShutdownTimeout ?? hostOptions.Value.ShutdownTimeout;

    internal ServiceSpec SpecOf(IsolatedServiceOptions options, IProgress<ServiceReport> reports) => new(
        environment.ApplicationName,
        environment.EnvironmentName,
        environment.ContentRootPath,
        [.. configuration.AsEnumerable()],
        [.. options.Configurations],
        filters.Value.MinLevel,
        ShutdownTimeoutOf(options),
        options.SignalsReadiness,
        reports);
}
