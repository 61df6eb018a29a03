using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tandem.Bench.Harness;
using Tandem.Hosting;

namespace Tandem.Bench.Metrics;

/// <summary>How soon an isolated service is back after its process was killed, and what stopping five of them costs beyond their own time.</summary>
internal static class Services
{
    private static readonly TimeSpan OwnTime = TimeSpan.FromMilliseconds(100);

    internal static async Task RunAsync(Session session)
    {
        Contender[] restarts = [new(Backend.Processes, RestartAsync)];
        Contender[] stops = [new(Backend.Threads, () => StopAsync(Isolation.Thread)), new(Backend.Processes, () => StopAsync(Isolation.Process))];
        await session.CompareAsync(Metric.ServiceRestart, restarts, rounds: session.Scale(full: 15, quick: 3));
        await session.CompareAsync(Metric.ServicesStop, stops, rounds: session.Scale(full: 9, quick: 2));
    }

    private static async Task<double> RestartAsync()
    {
        using IHost host = Build(Isolation.Process, services: 1);
        var services = host.Services.GetRequiredService<IIsolatedServices>();
        await host.StartAsync();
        var isBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The first one's own event may still be on its way.
        int first = services.Snapshot()[0].ProcessId;
        services.Changed += (_, change) =>
        {
            if (change.Kind == ServiceEventKind.Ready && change.ProcessId != first)
                isBack.TrySetResult();
        };
        using var process = Process.GetProcessById(first);
        Clock clock = Clock.Start();
        process.Kill();
        await isBack.Task;
        double milliseconds = clock.Milliseconds;
        await host.StopAsync();
        return milliseconds;
    }

    private static async Task<double> StopAsync(Isolation isolation)
    {
        using IHost host = Build(isolation, services: 5);
        await host.StartAsync();
        Clock clock = Clock.Start();
        await host.StopAsync();
        return clock.Milliseconds - OwnTime.TotalMilliseconds;
    }

    private static IHost Build(Isolation isolation, int services)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        for (int i = 0; i < services; i++)
        {
            string name = $"service {i}";
            builder.Services.AddIsolatedService<Slow>(isolation, options => options.Name = name);
        }

        return builder.Build();
    }

    /// <summary>A service that takes its time to stop.</summary>
    private sealed class Slow : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.Delay(OwnTime, CancellationToken.None);
    }
}
