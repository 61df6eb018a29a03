using System.Diagnostics;

namespace Tandem.TestHost;

/// <summary>A program whose folder is renamed while its pool works.</summary>
internal static class Moves
{
    internal static async Task RunAsync(string kind)
    {
        WorkerPoolOptions options = Roles.Options(kind, 2);
        options.RestartPeriod = TimeSpan.FromSeconds(1);
        WorkerPool pool = WorkerPool.Create(options);
        await pool.RunAsync(static () => { });
        // Both: one that still starts could become ready between starts that fail.
        while (pool.Snapshot().Workers.Count(static worker => worker.State == WorkerState.Idle) < 2)
            await Task.Delay(2);

        string folder = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        Directory.Move(folder, folder + ".moved");
        Roles.Say("moved");

        // Nothing of this has run before: what it needs, in the pool too, is loaded now.
        string failures = "";
        for (int starts = 0; starts < 3;)
        {
            try
            {
                await pool.RunAsync(static () =>
                {
                    Console.Error.WriteLine("a line that is passed on");
                    Process.GetCurrentProcess().Kill();
                });
            }
            catch (Exception e) when (e is WorkerCrashedException or WorkerStartException)
            {
                failures += $" {e.GetType().Name}";
                starts += e is WorkerStartException ? 1 : 0;
            }
        }

        Roles.Say("failed" + failures);
        Directory.Move(folder + ".moved", folder);
        Roles.Say("back");
        while (true)
        {
            try
            {
                await pool.RunAsync(static () => { });
                break;
            }
            catch (WorkerStartException)
            {
                await Task.Delay(10); // it says so until the next start, which comes within the period
            }
        }

        await pool.DisposeAsync();
        Roles.Say("works");
    }
}
