using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Tandem.Hosting.Tests;

/// <summary>The clock by which services are supervised: that of the options, or the system's.</summary>
public sealed class SupervisorClockTests
{
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromTicks(1);

    [Fact(Timeout = Limits.Test)]
    public async Task Restarts_count_together_while_the_clock_stands_still()
    {
        await using var test = new TestHost(Isolation.Thread);
        var time = new ManualTime();
        test.Supervise(options =>
            {
                // By the system's clock, no two restarts are in one period.
                (options.MaxRestarts, options.RestartPeriod) = (3, ShortestPeriod);
                options.TimeProvider = time;
            })
            .Add("broken", new Part(Ending.Crashes) { SaysReady = true });
        var times = new List<DateTimeOffset>();
        test.Services.Changed += (_, change) =>
        {
            lock (times)
                times.Add(change.Time);
        };

        var reason = await Assert.ThrowsAsync<ServiceRestartLimitException>(() => test.Host.RunAsync());

        Assert.Equal("broken", reason.Service);
        Assert.Equal(4, test.Log.Count("broken up"));
        lock (times)
            Assert.All(times, static time => Assert.Equal(DateTimeOffset.UnixEpoch, time));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_clock_of_the_container_that_stands_still_does_not_concern_services()
    {
        await using var test = new TestHost(Isolation.Thread);
        test.Builder.Services.AddSingleton<TimeProvider>(new ManualTime());
        test.Supervise(static _ => { }).Add("one", new Part(Ending.Told) { SaysReady = true });
        var first = new TaskCompletionSource<DateTimeOffset>(TaskCreationOptions.RunContinuationsAsynchronously);
        test.Services.Changed += (_, change) => first.TrySetResult(change.Time);

        await test.Host.StartAsync();

        Assert.NotEqual(DateTimeOffset.UnixEpoch, await first.Task);
    }
}
