using System.Diagnostics;

namespace Tandem.Hosting.Tests;

/// <summary>What counts this process's children runs when nothing else does.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>The moment in which a service crashes while its host stops.</summary>
[Collection(nameof(AloneCollection))]
public sealed class StopWhileCrashingTests
{
    [Theory(Timeout = 2 * Limits.Test)]
    [InlineData(SupervisionStrategy.OneForOne)]
    [InlineData(SupervisionStrategy.OneForAll)]
    public async Task A_host_that_stops_while_its_services_crash_leaves_no_process(SupervisionStrategy strategy)
    {
        for (int round = 0; round < 12; round++)
        {
            await using var test = new TestHost(Isolation.Process);
            test.Supervise(options => (options.Strategy, options.MaxRestarts) = (strategy, 100)).Add("a", new Part(Ending.Told)).Add("b", new Part(Ending.Told));
            await test.Host.StartAsync();
            // All of them before the first is killed: the supervisor may end the others because of it, and then their numbers name nobody.
            Process[] processes = [.. test.Services.Snapshot().Select(static service => Process.GetProcessById(service.ProcessId))];
            foreach (Process process in processes)
            {
                process.Kill();
                process.Dispose();
            }

            // Before, while and after the crash is seen.
            await Task.Delay(round * 2);
            await test.Host.StopAsync();
            Assert.All(test.Services.Snapshot(), static service => Assert.Equal(ServiceState.Stopped, service.State));
            await Eventually.Async(() => ProcFs.Children().Length == 0);
        }
    }
}
