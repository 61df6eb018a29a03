using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tandem.TestHost;

/// <summary>How this program learns how its workers end, where its runtime reaps all children.</summary>
internal static partial class Exits
{
    private const int SIGKILL = 9;

    /// <summary>Ends workers, and says in one line how each has ended: what they did was to exit with 7, or to be killed.</summary>
    /// <param name="kind">The transport.</param>
    /// <param name="kernel"><c>earlier</c> to do as on a kernel that does not keep how processes ended.</param>
    internal static async Task<string> RunAsync(string kind, string kernel)
    {
        if (kernel == "earlier")
            AppContext.SetSwitch("Tandem.EarlierKernel", true);

        using (Process first = Process.Start("true")) // from now on the runtime hears of children that end
            await first.WaitForExitAsync();

        ProcessPoolOptions options = Roles.ProcessOptions(kind, 2);
        options.MaxRestarts = 1000;
        await using WorkerPool pool = WorkerPool.Create(options);
        List<string> ends = [];
        for (int i = 0; i < 6; i++)
        {
            ends.Add(await EndAsync(pool, static () => Environment.Exit(7)));
            ends.Add(await EndAsync(pool, static () =>
            {
                _ = Kill(Environment.ProcessId, SIGKILL);
                Thread.Sleep(Timeout.Infinite);
            }));
        }

        return $"ends: {string.Join(' ', ends)}";
    }

    private static async Task<string> EndAsync(WorkerPool pool, Action work)
    {
        try
        {
            await pool.RunAsync(work);
            return "none";
        }
        catch (WorkerCrashedException e)
        {
            return e.IsExitUnknown ? "unknown" : e.Signal ?? $"{e.ExitCode}";
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
