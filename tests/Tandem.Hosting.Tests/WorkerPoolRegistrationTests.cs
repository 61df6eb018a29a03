using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Tandem.Hosting.Tests;

/// <summary>Pools in a container: their options come from code or from configuration, and are checked when the host starts.</summary>
public sealed class WorkerPoolRegistrationTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task Options_are_read_from_configuration()
    {
        var services = new ServiceCollection();
        services.AddWorkerPool(Section(
            ("Isolation", "process"), ("MaxWorkers", "2"), ("Name", "configured"), ("StartTimeout", "00:00:45"), ("Transport", "Portable"),
            ("DefaultLimits:Timeout", "00:01:00"), ("Environment:TANDEM_TEST_CONFIGURED", "yes")));
        services.PostConfigure<ProcessPoolOptions>(static options => options.MaxNesting = 3);
        await using ServiceProvider provider = services.BuildServiceProvider();

        ProcessPoolOptions options = provider.GetRequiredService<IOptionsMonitor<ProcessPoolOptions>>().CurrentValue;
        Assert.Equal(
            (2, "configured", TimeSpan.FromSeconds(45), WorkerTransport.Portable, TimeSpan.FromMinutes(1), 3),
            (options.MaxWorkers, options.Name, options.StartTimeout, options.Transport, options.DefaultLimits.Timeout, options.MaxNesting));
        WorkerPool pool = provider.GetRequiredService<WorkerPool>();
        Assert.Equal(("configured", Isolation.Process), (pool.Snapshot().Name, pool.Isolation));
        Assert.Equal("yes", await pool.RunAsync(static () => Environment.GetEnvironmentVariable("TANDEM_TEST_CONFIGURED")));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Code_changes_what_was_configured()
    {
        var services = new ServiceCollection();
        services.AddWorkerPool(Section(("Isolation", "Thread"), ("MaxWorkers", "2"), ("MaxAbandonedThreads", "1")), static options => options.Name = "code");
        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Equal(("code", Isolation.Thread), (provider.GetRequiredService<WorkerPool>().Snapshot().Name, provider.GetRequiredService<WorkerPool>().Isolation));
        Assert.Equal(1, provider.GetRequiredService<IOptionsMonitor<ThreadedPoolOptions>>().CurrentValue.MaxAbandonedThreads);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Pools_are_told_apart_by_their_keys()
    {
        var services = new ServiceCollection();
        services.AddKeyedWorkerPool("photos", Isolation.Thread, static options => options.Name = "photos");
        services.AddKeyedWorkerPool("mail", Section(("Isolation", "Thread"), ("Name", "mail")));
        services.AddWorkerPool(Isolation.Thread, static options => options.Name = "other");
        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Equal(
            ["photos", "mail", "other"],
            new[] { provider.GetRequiredKeyedService<WorkerPool>("photos"), provider.GetRequiredKeyedService<WorkerPool>("mail"), provider.GetRequiredService<WorkerPool>() }
                .Select(static pool => pool.Snapshot().Name));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("MaxWorkers", "0", "WorkerPoolOptions.MaxWorkers is 0; it must be between 1 and 4096")]
    [InlineData("StartTimeout", "00:00:00", "ProcessPoolOptions.StartTimeout is 00:00:00")]
    [InlineData("DefaultLimits:MaxMemory", "5", "WorkLimits.MaxMemory is 5")]
    public async Task A_value_out_of_its_range_ends_the_start_of_the_host(string name, string value, string expected)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddWorkerPool(Section((name, value)));
        using IHost host = builder.Build();

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("SpareWorkers", "1")]
    [InlineData("Workers", "1")]
    public async Task A_name_that_the_kind_of_pool_does_not_have_ends_the_start_of_the_host(string name, string value)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddWorkerPool(Section(("Isolation", "Thread"), (name, value)));
        using IHost host = builder.Build();

        Exception refused = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_isolation_that_there_is_not_is_refused_at_once()
    {
        var services = new ServiceCollection();
        Assert.Contains("'fiber'", Assert.Throws<ArgumentException>(() => services.AddWorkerPool(Section(("Isolation", "fiber")))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => services.AddWorkerPool((Isolation)7));
        Assert.Throws<ArgumentNullException>(() => services.AddKeyedWorkerPool(null!, Isolation.Thread));
    }

    private static IConfiguration Section(params (string Name, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(static one => KeyValuePair.Create(one.Name, (string?)one.Value))).Build();
}
