using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Tandem;
using Tandem.Hosting;

// A program with the packages beside Tandem: a stuck item shows where, and a host has an isolated service and a pool with a health check.
HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Services.AddIsolatedService<Ticker>(Isolation.Process, options => options.SignalsReadiness = true);
builder.Services.AddWorkerPool(Isolation.Process, options => options.Workers = 1);
builder.Services.AddHealthChecks().AddWorkerPool();
using IHost host = builder.Build();
await host.StartAsync();
ServiceSnapshot ticker = host.Services.GetRequiredService<IIsolatedServices>().Snapshot()[0];
Console.WriteLine($"service {ticker.State} elsewhere {ticker.ProcessId != Environment.ProcessId}");
// The first stacks of a process may take longer than its item waits for them, and an item's time may be over before its method is entered.
string stack = "";
while (!stack.Contains(nameof(Stuck.Forever), StringComparison.Ordinal))
{
    try
    {
        await host.Services.GetRequiredService<WorkerPool>().RunAsync(() => Stuck.Forever(), new WorkOptions { Timeout = TimeSpan.FromMilliseconds(100) });
    }
    catch (WorkTimeoutException e)
    {
        stack = e.WorkerStack ?? "";
    }
}

Console.WriteLine($"stack True {stack}");
HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
Console.WriteLine($"health {report.Status}");
await host.StopAsync();

public static class Stuck
{
    public static void Forever()
    {
        while (true)
            Thread.SpinWait(1000);
    }
}

public sealed class Ticker(IServiceReadiness readiness) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        readiness.SetReady();
        return Task.Delay(Timeout.Infinite, stoppingToken);
    }
}
