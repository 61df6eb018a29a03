using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Tests;

/// <summary>What a service finds in its own host, and what this host sees of it.</summary>
public sealed partial class IsolatedServiceTests
{
    public static TheoryData<Isolation> Isolations => new(Isolation.Thread, Isolation.Process);

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_service_starts_and_stops_with_its_host(Isolation isolation)
    {
        await using var test = new TestHost(isolation).Add("one", new Part(Ending.Told));
        await test.Host.StartAsync();
        await test.Log.WaitAsync("one up");
        Assert.Equal(ServiceState.Running, test.StateOf("one").State);
        Assert.Equal(isolation == Isolation.Thread, test.StateOf("one").ProcessId == Environment.ProcessId);
        await test.Host.StopAsync();
        Assert.Equal(["one up", "one down"], test.Log.Said);
        Assert.Equal(ServiceState.Stopped, test.StateOf("one").State);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_service_finds_the_configuration_the_environment_and_what_it_was_given(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Builder.Configuration.AddInMemoryCollection([new("Colour:Name", "blue")]);
        var given = new Part(Ending.Told) { Gate = "given" };
        test.Builder.Services.AddIsolatedService<Asker>(isolation, options => options.Configure(host => host.Services.AddSingleton(given)));
        await test.Host.StartAsync();
        Entry answer = Assert.Single(test.Log.Entries, static entry => entry.Category.EndsWith(nameof(Asker), StringComparison.Ordinal));
        Assert.Equal("blue Testing given", answer.Text);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task What_a_service_logs_arrives_with_level_event_state_scopes_and_exception(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Builder.Services.AddIsolatedService<Logging>(isolation, static options => options.Restart = RestartPolicy.Temporary);
        await test.Host.StartAsync();
        Entry entry = Assert.Single(test.Log.Entries, static entry => entry.Category.EndsWith(nameof(Logging), StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Equal(new EventId(7, "Odd"), entry.Id);
        Assert.Equal("3 odd things", entry.Text);
        Assert.Contains(KeyValuePair.Create("Count", (object?)3), entry.State);
        Assert.IsType<FormatException>(entry.Error);
        Assert.Equal("bad", entry.Error.Message);
        Assert.Equal(nameof(Logging), entry.Service);
        Assert.Contains(entry.Scopes, static scope => scope?.ToString() == "outer 1");
        Assert.Contains(entry.Scopes, static scope => scope is IEnumerable<KeyValuePair<string, object?>> pairs && pairs.Contains(KeyValuePair.Create("Number", (object?)1)));
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task Levels_that_this_host_does_not_want_are_not_sent(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Builder.Logging.SetMinimumLevel(LogLevel.Error);
        test.Add("one", new Part(Ending.Told));
        await test.Host.StartAsync();
        await test.Host.StopAsync();
        Assert.Empty(test.Log.Said);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Isolations))]
    public async Task A_service_that_is_no_background_service_runs_until_it_is_told_to_stop(Isolation isolation)
    {
        await using var test = new TestHost(isolation);
        test.Builder.Services.AddIsolatedService<Asker>(isolation, static options => options.Configure(static host => host.Services.AddSingleton(new Part(Ending.Told))));
        await test.Host.StartAsync();
        Assert.Equal(ServiceState.Running, test.StateOf(nameof(Asker)).State);
        await test.Host.StopAsync();
        Assert.Equal(ServiceState.Stopped, test.StateOf(nameof(Asker)).State);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_process_that_does_not_stop_in_time_is_gone_all_the_same()
    {
        await using var test = new TestHost(Isolation.Process).Add("stuck", new Part(Ending.Never), static options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        await test.Host.StartAsync();
        int pid = test.StateOf("stuck").ProcessId;
        Assert.True(ProcFs.IsAlive(pid));
        await test.Host.StopAsync();
        Assert.False(ProcFs.IsAlive(pid));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_thread_that_does_not_stop_in_time_does_not_hold_up_the_host()
    {
        await using var test = new TestHost(Isolation.Thread).Add("stuck", new Part(Ending.Never), static options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        await test.Host.StartAsync();
        await test.Host.StopAsync();
        Assert.Equal(ServiceState.Stopped, test.StateOf("stuck").State);
    }

    [Fact]
    public void Two_services_of_one_name_and_unknown_dependencies_are_refused_by_name()
    {
        using IHost twice = Build(static services => services.AddIsolatedService<Asker>(Isolation.Thread).AddIsolatedService<Asker>(Isolation.Thread));
        Assert.Contains("two isolated services named 'Asker'", Assert.Throws<InvalidOperationException>(() => twice.Services.GetRequiredService<IIsolatedServices>()).Message, StringComparison.Ordinal);
        using IHost unknown = Build(static services => services.AddIsolatedService<Asker>(Isolation.Thread, static options => options.DependsOn("nobody")));
        Assert.Contains("'Asker' depends on 'nobody'", Assert.Throws<InvalidOperationException>(() => unknown.Services.GetRequiredService<IIsolatedServices>()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServiceCollection().AddIsolatedService<Asker>(Isolation.Thread, static options => options.StartTimeout = TimeSpan.Zero));

        static IHost Build(Action<IServiceCollection> configure)
        {
            HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
            configure(builder.Services);
            return builder.Build();
        }
    }

    private sealed class Asker(IConfiguration configuration, IHostEnvironment environment, Part part, ILogger<Asker> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            logger.Log(LogLevel.Information, "{Answer}", $"{configuration["Colour:Name"]} {environment.EnvironmentName} {part.Gate}");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed partial class Logging(ILogger<Logging> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            using (logger.BeginScope("outer {Number}", 1))
                Odd(logger, 3, new FormatException("bad"));
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        [LoggerMessage(EventId = 7, Level = LogLevel.Warning, Message = "{Count} odd things")]
        private static partial void Odd(ILogger logger, int count, Exception error);
    }
}
