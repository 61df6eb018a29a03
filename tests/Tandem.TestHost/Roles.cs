namespace Tandem.TestHost;

/// <summary>What the roles are made of.</summary>
internal static class Roles
{
    /// <summary>A variable that names a folder, in which every process that runs Main leaves a file.</summary>
    internal const string MainTraces = "TESTHOST_MAIN_TRACES";

    private static readonly List<WorkerPool> Forgotten = [];

    internal static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    internal static WorkerPoolOptions Options(string kind, int workers) =>
        kind == "threads" ? new ThreadedPoolOptions { MaxWorkers = workers, StartEagerly = true } : ProcessOptions(kind, workers);

    internal static ProcessPoolOptions ProcessOptions(string kind, int workers) => new()
    {
        Transport = kind switch
        {
            "portable" => WorkerTransport.Portable,
            "mapped-memory" => WorkerTransport.MappedMemory,
            "shared-memory" => WorkerTransport.SharedMemory,
            _ => WorkerTransport.Auto,
        },
        MaxWorkers = workers,
        StartEagerly = true,
    };

    /// <summary>Starts a pool of two workers, idle or busy for ever, and says who they are.</summary>
    internal static async Task StartAsync(string kind, string work)
    {
        WorkerPool pool = WorkerPool.Create(Options(kind, 2));
        Forgotten.Add(pool);
        string folder = Directory.CreateTempSubdirectory("tandem-host-").FullName;
        try
        {
            // Each waits for the other, so that they are on two workers.
            int[] pids = await Task.WhenAll(pool.RunAsync(() => Meet(folder, 0)), pool.RunAsync(() => Meet(folder, 1)));
            if (work == "busy")
            {
                string busy = Directory.CreateDirectory(Path.Combine(folder, "busy")).FullName;
                for (int i = 0; i < 2; i++)
                    _ = pool.RunAsync(() => StayBusy(busy));
                while (Directory.GetFiles(busy).Length < 2)
                    await Task.Delay(2);
            }

            Say($"workers {string.Join(' ', pids)}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A pool in a work item of a pool, and so on; the deepest says how far it got.</summary>
    internal static async Task<string> NestAsync(string kind, int depth)
    {
        try
        {
            await using WorkerPool pool = WorkerPool.Create(Options(kind, 1));
            return depth == 0
                ? $"{await pool.RunAsync(static () => "bottom")}"
                : $"{await pool.RunAsync(() => NestAsync(kind, depth - 1))} <";
        }
        catch (WorkerStartException e)
        {
            return $"refused: {e.Message}";
        }
    }

    private static int Meet(string folder, int number)
    {
        File.WriteAllText(Path.Combine(folder, $"{number}"), "");
        while (!File.Exists(Path.Combine(folder, $"{1 - number}")))
            Thread.Sleep(2);

        return Environment.ProcessId;
    }

    private static void StayBusy(string folder)
    {
        File.WriteAllText(Path.Combine(folder, Guid.NewGuid().ToString("N")), "");
        for (long i = 0; ; i++)
            Thread.SpinWait(1000);
    }
}
