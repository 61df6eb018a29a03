using System.Diagnostics;
using Tandem.Interop;

namespace Tandem.TestHost;

/// <summary>A program whose descriptors another process has inherited, so that its pipes stay open when it ends. Linux only.</summary>
internal static class Inheritance
{
    private static WorkerPool? s_pool;

    /// <summary>Starts a pool of one worker, and then a process that inherits all descriptors. Prints the process ids of the worker and of that process.</summary>
    internal static async Task StartAsync(string kind)
    {
        s_pool = WorkerPool.Create(Roles.Options(kind, 1));
        int worker = await s_pool.RunAsync(static () => Environment.ProcessId);
        foreach (string descriptor in Directory.GetFiles("/proc/self/fd"))
            _ = Libc.Fcntl(int.Parse(Path.GetFileName(descriptor), null), Libc.F_SETFD, 0);

        using var heir = Process.Start("sleep", "1000");
        Roles.Say($"workers {worker} {heir.Id}");
    }
}
