using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Child;

/// <summary>Runs a service in a host of its own, in the service's process or on its thread.</summary>
internal static class ServiceHost
{
    /// <summary>Runs the service until it ends by itself or is told to stop; throws its error.</summary>
    internal static async Task RunAsync<TService>(ServiceSpec spec, CancellationToken stop)
        where TService : class, IHostedService
    {
        spec.Reports.Report(new ServiceReport(Environment.ProcessId));
        using IHost host = Build<TService>(spec);
        Exception? error = null;
        try
        {
            await host.StartAsync(stop).ConfigureAwait(false);
            if (!spec.SignalsReadiness)
                host.Services.GetRequiredService<IServiceReadiness>().SetReady();

            await EndAsync(host.Services.GetRequiredService<TService>(), host, stop).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error = e;
        }

        try
        {
            // The host's own limit applies: HostOptions.ShutdownTimeout.
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error ??= e;
        }

        // The service may have asked its host to stop and then thrown an exception, which the host does not report.
        if (host.Services.GetService<TService>() is BackgroundService { ExecuteTask.Exception.InnerException: { } thrown })
            error ??= thrown;

        if (error is not null && !stop.IsCancellationRequested)
            ExceptionDispatchInfo.Throw(error);
    }

    private static IHost Build<TService>(ServiceSpec spec)
        where TService : class, IHostedService
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(spec.Configuration);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings
        {
            ApplicationName = spec.ApplicationName,
            EnvironmentName = spec.EnvironmentName,
            ContentRootPath = spec.ContentRootPath,
            Configuration = configuration,
            DisableDefaults = true,
        });
        builder.Logging
            .SetMinimumLevel(spec.MinimumLevel)
            .AddConfiguration(configuration.GetSection("Logging"))
            .AddProvider(new ForwardingLoggerProvider(spec.Reports));
        builder.Services.Configure<HostOptions>(options =>
        {
            options.ShutdownTimeout = spec.ShutdownTimeout;
            // The supervisor decides how to react to an error.
            options.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });
        builder.Services.AddSingleton<IServiceReadiness>(new Readiness(spec.Reports));
        // Signals are handled by the process's own Main.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        foreach (Action<HostApplicationBuilder> configure in spec.Configure)
            configure(builder);

        builder.Services.AddSingleton<TService>();
        builder.Services.AddSingleton<IHostedService>(static services => services.GetRequiredService<TService>());
        return builder.Build();
    }

    /// <summary>Completes when the service has ended, when it asked its host to stop, or when it is told to stop.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Not a time: it completes when the token is cancelled.")]
    private static async Task EndAsync(IHostedService service, IHost host, CancellationToken stop)
    {
        using var told = CancellationTokenSource.CreateLinkedTokenSource(
            stop, host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var whenTold = Task.Delay(Timeout.InfiniteTimeSpan, told.Token);
        Task execution = (service as BackgroundService)?.ExecuteTask ?? whenTold;
        if (await Task.WhenAny(execution, whenTold).ConfigureAwait(false) != whenTold)
            await execution.ConfigureAwait(false);
    }

    private sealed class Readiness(IProgress<ServiceReport> reports) : IServiceReadiness
    {
        private int _isReady;

        public void SetReady()
        {
            if (Interlocked.Exchange(ref _isReady, 1) == 0)
                reports.Report(new ServiceReport(Environment.ProcessId, IsReady: true));
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
