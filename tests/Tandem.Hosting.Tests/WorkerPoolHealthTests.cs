using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Hosting.Tests;

/// <summary>What a health endpoint says about a pool.</summary>
public sealed class WorkerPoolHealthTests
{
    public static TheoryData<Isolation> Isolations => IsolatedServiceTests.Isolations;

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_pool_of_the_container_works_is_healthy_and_ends_with_it(Isolation isolation)
    {
        WorkerPool pool;
        await using (ServiceProvider services = Provide(isolation))
        {
            pool = services.GetRequiredService<WorkerPool>();
            Assert.Equal(3, await pool.RunAsync(static () => 3));
            HealthReportEntry entry = await CheckAsync(services);
            Assert.Equal(HealthStatus.Healthy, entry.Status);
            Assert.Equal(1, entry.Data["workers"]);
            Assert.Equal(0L, entry.Data["crashes"]);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RunAsync(static () => 3));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_pool_whose_workers_cannot_be_started_is_unhealthy_and_says_why()
    {
        await using ServiceProvider services = Provide(Isolation.Process, static pool =>
        {
            var processes = (ProcessPoolOptions)pool;
            processes.MaxRestarts = 1;
            processes.Environment["DOTNET_GCHeapHardLimit"] = "1"; // no runtime starts with that
        });
        await Assert.ThrowsAsync<WorkerStartException>(() => services.GetRequiredService<WorkerPool>().RunAsync(static () => 3));
        HealthReportEntry entry = await CheckAsync(services);
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.IsType<WorkerStartException>(entry.Exception);
        Assert.Contains("cannot be started", entry.Description, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Abandoned_threads_degrade_a_pool()
    {
        using var end = new ManualResetEventSlim();
        await using ServiceProvider services = Provide(Isolation.Thread);
        await Assert.ThrowsAsync<WorkTimeoutException>(
            () => services.GetRequiredService<WorkerPool>().RunAsync(() => end.Wait(), new WorkOptions { Limits = new() { Timeout = TimeSpan.FromMilliseconds(20) } }));
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(services)).Status);
        end.Set();
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_long_queue_degrades_a_pool(Isolation isolation)
    {
        await using ServiceProvider services = Provide(isolation);
        WorkerPool pool = services.GetRequiredService<WorkerPool>();
        using var end = new CancellationTokenSource();
        Task[] items = [.. Enumerable.Range(0, 10).Select(_ => pool.RunAsync(static token => { token.WaitHandle.WaitOne(); }, cancellationToken: end.Token))];
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(services)).Status);
        await end.CancelAsync();
        await Task.WhenAll(items).ContinueWith(static _ => { }, TaskScheduler.Default);
        // What was cancelled while it waited leaves the queue when a worker comes to it.
        await Eventually.Async(() => pool.Snapshot().QueueLength == 0);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(services)).Status);
    }

    private static ServiceProvider Provide(Isolation isolation, Action<WorkerPoolOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddWorkerPool(isolation, options =>
        {
            options.MaxWorkers = 1;
            options.LoggerFactory = NullLoggerFactory.Instance;
            configure?.Invoke(options);
        });
        services.AddHealthChecks().AddWorkerPool(configure: static health => health.MaxQueueLength = 5);
        return services.BuildServiceProvider();
    }

    private static async Task<HealthReportEntry> CheckAsync(IServiceProvider services)
    {
        HealthReport report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        return report.Entries["worker-pool"];
    }
}
