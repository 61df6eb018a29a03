using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Tests;

/// <summary>A host with speakers, and what it logged.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly HostApplicationBuilder _builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Testing", DisableDefaults = true });
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-hosting-").FullName;
    private readonly Isolation _isolation;
    private IHost? _host;
    private IIsolatedServices? _services;

    internal TestHost(Isolation isolation)
    {
        _isolation = isolation;
        _builder.Logging.AddProvider(Log);
    }

    internal RecordedLog Log { get; } = new();

    internal HostApplicationBuilder Builder => _builder;

    internal IHost Host => _host ??= _builder.Build();

    // Kept, because a host that has run to its end disposes its container.
    internal IIsolatedServices Services => _services ??= Host.Services.GetRequiredService<IIsolatedServices>();

    /// <summary>A file of this test's own, which does not exist unless it is made here.</summary>
    internal string FileFor(string name, bool exists = false)
    {
        string path = Path.Combine(_folder, name);
        if (exists)
            File.WriteAllText(path, "");
        return path;
    }

    internal TestHost Add(string name, Part part, Action<IsolatedServiceOptions>? configure = null)
    {
        _builder.Services.AddIsolatedService<Speaker>(_isolation, options =>
        {
            options.Name = name;
            options.SignalsReadiness = part.SaysReady;
            options.Environment["TANDEM_HOSTING_TESTS_PARENT"] = "1";
            options.Configure(host => host.Services.AddSingleton(part));
            configure?.Invoke(options);
        });
        return this;
    }

    internal TestHost Supervise(Action<ServiceSupervisorOptions> configure)
    {
        _builder.Services.Configure("", configure);
        return this;
    }

    internal ServiceSnapshot StateOf(string name) => Services.Snapshot().Single(service => service.Name == name);

    internal Task WaitAsync(string name, ServiceState state) =>
        Eventually.Async(() => StateOf(name).State == state, otherwise: () => $"{name} is {StateOf(name)}, not {state}:\n{Log}");

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync().ContinueWith(static _ => { }, TaskScheduler.Default);
            _host.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
