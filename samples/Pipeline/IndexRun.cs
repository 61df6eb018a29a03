using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pipeline.Stages;
using Tandem;
using Tandem.Hosting;

namespace Pipeline;

/// <summary>Builds the index of a plan: by a plain loop, or by three services that channels join.</summary>
internal static class IndexRun
{
    internal static void Sequential(Plan plan, string path)
    {
        var index = new WordIndex();
        for (int file = 0; file < plan.Files.Length; file++)
            index.Add(file, Words.Count(File.ReadAllBytes(plan.Files[file])));

        index.Write(path);
    }

    /// <returns>What was killed, in order.</returns>
    internal static async Task<IReadOnlyList<string>> ServicesAsync(Plan plan, Isolation isolation, OutputFiles output, int kills, CancellationToken cancellation)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error).ClearProviders();
        AddStages(builder.Services, plan, isolation, output);
        using IHost host = builder.Build();
        var services = host.Services.GetRequiredService<IIsolatedServices>();
        var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        services.Changed += (_, change) =>
        {
            if (change.Kind == ServiceEventKind.RestartLimitReached)
                finished.TrySetException(change.Error!);
            else if (services.Snapshot().All(static service => service.State == ServiceState.Completed))
                finished.TrySetResult();
        };
        try
        {
            // From the start on: a stage that is ready works, and the first one may be done soon after the last one is ready.
            Task<List<string>> killed = KillAsync(services, kills, finished.Task.WaitAsync(cancellation));
            await host.StartAsync(cancellation);
            await finished.Task.WaitAsync(cancellation);
            return await killed;
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static void AddStages(IServiceCollection services, Plan plan, Isolation isolation, OutputFiles output)
    {
        const int LongestElement = 256 * 1024;
        var acknowledged = new SharedArray<byte>(Math.Max(1, plan.Count), isolation);
        Channel<FetchedPiece> pieces = SharedChannel.CreateBounded<FetchedPiece>(new BoundedChannelOptions(64), isolation, LongestElement);
        Channel<ParsedPiece> parsed = SharedChannel.CreateBounded<ParsedPiece>(new BoundedChannelOptions(64), isolation, LongestElement);

        services.Configure<ServiceSupervisorOptions>(static supervisor => supervisor.MaxRestarts = 1_000);
        services.AddIsolatedService<Fetch>(isolation, Once(host => host.AddSingleton(plan).AddSingleton(acknowledged).AddSingleton(pieces.Writer)));
        services.AddIsolatedService<Parse>(isolation, Once(host => host.AddSingleton(pieces.Reader).AddSingleton(parsed.Writer)));
        services.AddIsolatedService<Aggregate>(isolation, Once(
            host => host.AddSingleton(plan).AddSingleton(acknowledged).AddSingleton(parsed.Reader).AddSingleton(output)));
    }

    /// <summary>A stage that ends by itself is done; one that dies is started again.</summary>
    private static Action<IsolatedServiceOptions> Once(Action<IServiceCollection> register) => options =>
    {
        options.Restart = RestartPolicy.Transient;
        options.Configure(host => register(host.Services));
    };

    /// <summary>Kills stages that are at work, one after the other, each when the one before is back.</summary>
    private static async Task<List<string>> KillAsync(IIsolatedServices services, int kills, Task finished)
    {
        List<string> killed = [];
        for (int turn = 0; killed.Count < kills && !finished.IsCompleted;)
        {
            ServiceSnapshot next = services.Snapshot()[turn % 3];
            bool isKilled = next.State == ServiceState.Running && TryKill(next.ProcessId);
            if (isKilled)
                killed.Add($"{next.Name} (process {next.ProcessId})");
            if (isKilled || next.State == ServiceState.Completed)
                turn++;

            await Task.WhenAny(finished, Task.Delay(Random.Shared.Next(20, 120), CancellationToken.None));
        }

        return killed;
    }

    private static bool TryKill(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            process.Kill();
            return true;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false; // gone by itself
        }
    }
}
