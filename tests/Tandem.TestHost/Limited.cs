using System.Runtime.InteropServices;

namespace Tandem.TestHost;

/// <summary>A program that gets less than it needs: it limits itself, once it runs, or was started like that.</summary>
internal static partial class Limited
{
    private const int RLIMIT_FSIZE = 1;
    private const int RLIMIT_NPROC = 6;
    private const int RLIMIT_NOFILE = 7;

    /// <summary>What became of a pool's first item: its result, or the error.</summary>
    internal static async Task<string> RunAsync(string kind, string limit)
    {
        // What is to be loaded and started for any pool is there: the limit is met by what a worker takes.
        if (limit is "descriptors" or "processes")
        {
            await using WorkerPool first = WorkerPool.Create(Roles.Options(kind, 1));
            await first.RunAsync(static () => { });
        }

        Roles.Say("ready"); // what the console needs, it has now
        switch (limit)
        {
            case "descriptors":
                // Not enough for a worker.
                Set(RLIMIT_NOFILE, (ulong)Directory.GetFiles("/proc/self/fd").Length + 4);
                break;

            case "processes":
                HaveThreads(32);
                Set(RLIMIT_NPROC, 1);
                break;

            case "file-size":
                Set(RLIMIT_FSIZE, 8UL << 30);
                break;

            case "small-file-size":
                Set(RLIMIT_FSIZE, 1 << 20);
                break;

            case "current-folder":
                string folder = Directory.CreateTempSubdirectory("tandem-host-").FullName;
                Environment.CurrentDirectory = folder;
                Directory.Delete(folder);
                break;
        }

        try
        {
            WorkerPoolOptions options = Roles.Options(kind, 1);
            options.StartEagerly = false;
            if (options is ProcessPoolOptions processes)
                processes.MaxRestarts = 1;
            await using WorkerPool pool = WorkerPool.Create(options);
            return await pool.RunAsync(static () => "works");
        }
        catch (WorkerStartException e)
        {
            return $"refused: {e.Message.ReplaceLineEndings(" ")}";
        }
        catch (Exception e)
        {
            return $"failed: {e}".ReplaceLineEndings(" ");
        }
    }

    /// <summary>The runtime ends a program in which it cannot have a thread of its own, so those that it may need are there.</summary>
    private static void HaveThreads(int count)
    {
        ThreadPool.SetMinThreads(count, count);
        using var together = new Barrier(count + 1);
        using var left = new CountdownEvent(count);
        for (int i = 0; i < count; i++)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                together.SignalAndWait();
                left.Signal();
            });
        }

        together.SignalAndWait();
        left.Wait();
    }

    private static void Set(int resource, ulong value)
    {
        var limit = new Limit { Current = value, Maximum = value };
        if (SetLimit(resource, in limit) != 0)
            throw new InvalidOperationException($"The limit {resource} could not be set: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        internal ulong Current;
        internal ulong Maximum;
    }

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);
}
