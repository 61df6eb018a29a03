using System.Globalization;

namespace Tandem.Smoke;

/// <summary>What this program does when a scenario starts it: programs with pools, seen from outside.</summary>
internal static class Roles
{
    private static readonly List<WorkerPool> Kept = [];

    /// <summary>The words that start this program in a role.</summary>
    internal static string[] Command(params string[] role) => [.. OtherProcess.OwnCommand, "--role", .. role];

    /// <returns>The exit code of the program.</returns>
    internal static async Task<int> RunAsync(string[] role)
    {
        switch (role)
        {
            case ["sleep"]:
                Thread.Sleep(Timeout.Infinite);
                return 0;

            case ["hold", string kind, string report]: // waits to be killed
                await StartAsync(kind, report);
                Thread.Sleep(Timeout.Infinite);
                return 0;

            case ["forget", string kind, string report]: // returns from Main without disposing its pool
                await StartAsync(kind, report);
                return 0;

            default:
                Console.Error.WriteLine($"There is no role '{string.Join(' ', role)}'.");
                return 2;
        }
    }

    /// <summary>
    /// Starts a pool with a worker that is idle and one that is busy, each with a child process, and reports the ids of all four.
    /// </summary>
    private static async Task StartAsync(string kind, string report)
    {
        SmokeOptions smoke = SmokeOptions.WithTransport(new SmokeOptions(), kind);
        WorkerPool pool = WorkerPool.Create(Setting.Options(smoke, 2));
        Kept.Add(pool);
        string[] command = Command("sleep");
        var met = new[] { new Gate(report + "-0"), new Gate(report + "-1") };
        int[][] ids = await Task.WhenAll(Enumerable.Range(0, 2).Select(number => pool.RunAsync(() =>
        {
            using System.Diagnostics.Process child = OtherProcess.Start(command);
            // Both wait for each other, so that they are in two workers.
            met[number].Open();
            met[1 - number].Pass();
            return new[] { Environment.ProcessId, child.Id };
        })));
        var busy = new Gate(report + "-busy");
        _ = pool.RunAsync(() =>
        {
            busy.Open();
            while (true)
                Thread.SpinWait(1000);
        });
        busy.Pass();
        // Complete as soon as it is there.
        File.WriteAllText(report + "-new", string.Join(' ', ids.SelectMany(static pair => pair).Select(static id => id.ToString(CultureInfo.InvariantCulture))));
        File.Move(report + "-new", report);
    }
}
