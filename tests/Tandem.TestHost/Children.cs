using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tandem.TestHost;

/// <summary>Workers that have started processes, and then do something from which they must be ended.</summary>
internal static partial class Children
{
    private static readonly List<WorkerPool> Kept = [];

    /// <summary>Starts a pool whose workers have a child each, and says who they all are.</summary>
    internal static async Task StartAsync(string kind, string state, int count)
    {
        WorkerPool pool = WorkerPool.Create(Roles.Options(kind, count));
        Kept.Add(pool);
        string folder = Directory.CreateTempSubdirectory("tandem-host-").FullName;
        try
        {
            // Each waits until all have come, so that they are on as many workers.
            int[][] processes = await Task.WhenAll(Enumerable.Range(0, count).Select(number => pool.RunAsync(() => Meet(folder, number, count))));
            if (state != "idle")
            {
                string entered = Directory.CreateDirectory(Path.Combine(folder, "entered")).FullName;
                for (int i = 0; i < count; i++)
                    _ = pool.RunAsync(() => Enter(state, entered));
                while (Directory.GetFiles(entered).Length < count || (state == "stopped" && !processes.All(static pair => IsStopped(pair[0]))))
                    await Task.Delay(2);
            }

            Roles.Say($"workers {string.Join(' ', processes.SelectMany(static pair => pair))}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int[] Meet(string folder, int number, int count)
    {
        using Process child = StartSleeper();
        File.WriteAllText(Path.Combine(folder, $"{number}"), "");
        while (Directory.GetFiles(folder).Length < count)
            Thread.Sleep(2);

        return [Environment.ProcessId, child.Id];
    }

    private static Process StartSleeper() => OperatingSystem.IsWindows()
        ? Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["sleep"]) { CreateNoWindow = true, RedirectStandardOutput = true })!
        : Process.Start("sleep", "1000");

    private static void Enter(string state, string folder)
    {
        string file = Path.Combine(folder, $"{Environment.ProcessId}");
        switch (state)
        {
            case "busy":
                File.WriteAllText(file, "");
                while (true)
                    Thread.SpinWait(1000);

            case "native":
                File.WriteAllText(file, "");
                _ = Pause();
                break;

            case "suspended":
                // In native code that the runtime takes for its own: a collection, and all that comes after it, waits for ever.
                new Thread(() =>
                {
                    File.WriteAllText(file, "");
                    while (true)
                        GC.Collect();
                }).Start();
                while (!File.Exists(file))
                    Thread.Sleep(1);
                Suspend();
                break;

            case "stopped":
                File.WriteAllText(file, "");
                _ = Kill(Environment.ProcessId, Tandem.Interop.SignalNames.NumberOf("SIGSTOP"));
                Thread.Sleep(Timeout.Infinite);
                break;
        }
    }

    /// <summary>Not in the caller: the C library is loaded when this method is compiled, and Windows has none of that name.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Suspend() => _ = SleepWithoutRuntime(1000);

    private static bool IsStopped(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }

    [LibraryImport("libc", EntryPoint = "pause")]
    private static partial int Pause();

    [LibraryImport("libc", EntryPoint = "sleep")]
    [SuppressGCTransition]
    private static partial uint SleepWithoutRuntime(uint seconds);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
