using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Tests;

/// <summary>The examples of docs/services.md, compiled and run.</summary>
public sealed partial class DocumentedExamples
{
    [Fact]
    public void Every_example_of_the_page_is_here() =>
        Documentation.AssertExamplesAreIn("docs/services.md", "tests/Tandem.Hosting.Tests/DocumentedExamples.cs");

    [Fact(Timeout = Limits.Test)]
    public async Task Services_joined_by_a_channel()
    {
        var log = new RecordedLog();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(log);

        Channel<Page> pages = SharedChannel.CreateBounded<Page>(1024);

        builder.Services.AddIsolatedService<Importer>(Isolation.Process, options =>
        {
            options.Restart = RestartPolicy.Transient;
            options.Configure(host => host.Services.AddSingleton(pages.Writer));
        });
        builder.Services.AddIsolatedService<Indexer>(Isolation.Process, options =>
        {
            options.DependsOn(nameof(Importer));
            options.Configure(host => host.Services.AddSingleton(pages.Reader));
        });

        builder.Services.Configure<ServiceSupervisorOptions>(supervisor =>
        {
            supervisor.Strategy = SupervisionStrategy.RestForOne; // OneForOne, OneForAll
            supervisor.MaxRestarts = 5;                           // in
            supervisor.RestartPeriod = TimeSpan.FromSeconds(10);
        });

        using IHost host = builder.Build();
        await host.StartAsync();
        await Eventually.Async(() => log.Entries.Any(static entry => entry.Text == "indexed 10 pages"), otherwise: log.ToString);
        await host.StopAsync();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Pools_in_a_container()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([
            new("Photos:Isolation", "Process"), new("Photos:MaxWorkers", "2"), new("Photos:SpareWorkers", "1"), new("Photos:DefaultLimits:Timeout", "00:00:30"),
        ]);

        builder.Services.AddWorkerPool(Isolation.Process, options => options.MaxWorkers = 4);
        builder.Services.AddKeyedWorkerPool("photos", builder.Configuration.GetSection("Photos"));

        using IHost host = builder.Build();
        await host.StartAsync();
        Assert.Equal(Isolation.Process, host.Services.GetRequiredService<WorkerPool>().Isolation);
        Assert.Equal(Isolation.Process, host.Services.GetRequiredKeyedService<WorkerPool>("photos").Isolation);
        await host.StopAsync();
    }

    private sealed record Page(string Title);

    private sealed class Importer(ChannelWriter<Page> pages) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            for (int i = 0; i < 10; i++)
                await pages.WriteAsync(new Page($"page {i}"), stoppingToken);

            pages.Complete();
        }
    }

    private sealed partial class Indexer(ChannelReader<Page> pages, ILogger<Indexer> logger) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            int count = 0;
            await foreach (Page page in pages.ReadAllAsync(stoppingToken))
                count += page.Title.Length > 0 ? 1 : 0;

            Indexed(logger, count);
            await Task.Delay(Timeout.Infinite, stoppingToken);
        }

        [LoggerMessage(Level = LogLevel.Information, Message = "indexed {Count} pages")]
        private static partial void Indexed(ILogger logger, int count);
    }
}
