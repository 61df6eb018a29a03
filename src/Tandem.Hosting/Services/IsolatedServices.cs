using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Tandem.Hosting;

/// <summary>All isolated services of a host, with their supervisors. The host sees them as a single hosted service.</summary>
internal sealed class IsolatedServices : IHostedService, IIsolatedServices, IDisposable, IAsyncDisposable
{
    private readonly List<ServiceSupervisor> _supervisors = [];
    private readonly ServiceEvents _events;
    private ServiceRestartLimitException? _reason; // why the services were stopped; null if they were not

    public IsolatedServices(
        IEnumerable<ServiceRegistration> registrations,
        IOptionsMonitor<ServiceSupervisorOptions> options,
        IHostApplicationLifetime lifetime,
        ServiceContext context)
    {
        _events = new ServiceEvents(context.LoggerFactory, this);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (IGrouping<string, ServiceRegistration> group in registrations.GroupBy(
            static registration => registration.Options.Supervisor))
        {
            ServiceSupervisorOptions supervision = options.Get(group.Key);
            supervision.Validate(group.Key);
            TimeProvider time = supervision.TimeProvider ?? TimeProvider.System;
            _supervisors.Add(new ServiceSupervisor(Connect(group, context, time, names), supervision, time, _events, reason =>
            {
                _reason ??= reason;
                lifetime.StopApplication();
            }));
        }
    }

    public event EventHandler<ServiceEvent>? Changed
    {
        add => _events.Raised += value;
        remove => _events.Raised -= value;
    }

    public IReadOnlyList<ServiceSnapshot> Snapshot() => [.. _supervisors.SelectMany(static supervisor => supervisor.Snapshot())];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_supervisors.Select(supervisor => supervisor.StartAsync(cancellationToken))).ConfigureAwait(false);
        }
        catch
        {
            // If the start fails, the host does not stop the services that have started.
            await StopAllAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await StopAllAsync().ConfigureAwait(false);
        // Makes the host report the reason.
        if (_reason is not null)
            throw _reason;
    }

    /// <summary>If the host's start failed, it is disposed without being stopped.</summary>
    public ValueTask DisposeAsync() => new(StopAllAsync());

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "IDisposable has no other way; what is waited for runs on other threads.")]
    public void Dispose() => Task.Run(StopAllAsync).GetAwaiter().GetResult();

    private async Task StopAllAsync()
    {
        try
        {
            await Task.WhenAll(_supervisors.Select(static supervisor => supervisor.StopAsync())).ConfigureAwait(false);
        }
        finally
        {
            await _events.FlushLogAsync().ConfigureAwait(false);
        }
    }

    private static List<IsolatedService> Connect(
        IEnumerable<ServiceRegistration> registrations, ServiceContext context, TimeProvider time, HashSet<string> names)
    {
        var services = new List<IsolatedService>();
        foreach (ServiceRegistration registration in registrations)
        {
            IsolatedServiceOptions options = registration.Options;
            if (!names.Add(options.Name))
            {
                throw new InvalidOperationException(
                    $"There are two isolated services named '{options.Name}'; "
                    + $"give one of them another {nameof(IsolatedServiceOptions.Name)}.");
            }

            var service = new IsolatedService(registration, context, time);
            foreach (string name in options.Dependencies.Distinct(StringComparer.Ordinal))
            {
                IsolatedService dependency = services.Find(one => one.Name == name)
                    ?? throw new InvalidOperationException(
                        $"Service '{options.Name}' depends on '{name}', which is not registered before it in the same supervisor.");
                service.Dependencies.Add(dependency);
                dependency.Dependents.Add(service);
            }

            services.Add(service);
        }

        return services;
    }
}
