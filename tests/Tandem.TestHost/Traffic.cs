using System.Diagnostics;

namespace Tandem.TestHost;

/// <summary>Pools that have something to do, for those who look at them.</summary>
internal static class Traffic
{
    private static readonly Lock Forever = new();

    /// <summary>A pool of processes and one of threads, with a little more work than they can do; one worker has crashed.</summary>
    internal static async Task RunAsync(string kind)
    {
        bool isBusy = kind == "busy";
        WorkerPool photos = WorkerPool.Create(new ProcessPoolOptions { Name = "thumbnails", MaxWorkers = 3, StartEagerly = true });
        WorkerPool parser = WorkerPool.Create(new ThreadedPoolOptions { Name = "parser", MaxWorkers = 2 });
        try
        {
            await photos.RunAsync(static () => Process.GetCurrentProcess().Kill(), new WorkOptions { Name = "resize broken.jpg" });
        }
        catch (WorkerCrashedException)
        {
            // On purpose.
        }

        Task[] callers =
        [
            .. Enumerable.Range(0, 5).Select(caller => CallAsync(photos, number => $"resize photo-{(caller * 100_000) + number}.jpg", isBusy ? 2 : 40, isBusy)),
            .. Enumerable.Range(0, 3).Select(caller => CallAsync(parser, number => $"parse log-{(caller * 100_000) + number}.json", isBusy ? 2 : 25, isBusy)),
        ];
        await Task.Delay(1);
        Roles.Say("ready");
        await Task.WhenAll(callers);
    }

    /// <summary>A pool of processes and one of threads, in each of which an item never ends.</summary>
    internal static async Task HangAsync()
    {
        WorkerPool processes = WorkerPool.Create(new ProcessPoolOptions { Name = "stuck processes", MaxWorkers = 1 });
        WorkerPool threads = WorkerPool.Create(new ThreadedPoolOptions { Name = "stuck threads", MaxWorkers = 1 });
        int worker = await processes.RunAsync(static () => Environment.ProcessId);
        using var entered = new SemaphoreSlim(0);
        IProgress<int> progress = new Progress<int>(_ => entered.Release());
        Task[] stuck =
        [
            processes.RunAsync(() => Hang(progress), new WorkOptions { Name = "hangs in a process" }),
            threads.RunAsync(() => Hang(progress), new WorkOptions { Name = "hangs on a thread" }),
        ];
        // An item has begun before its method is compiled and entered.
        for (int i = 0; i < stuck.Length; i++)
            await entered.WaitAsync();

        while (processes.Snapshot().Workers is not [{ CurrentItem: not null }] || threads.Snapshot().Workers is not [{ CurrentItem: not null }])
            await Task.Delay(2);

        Roles.Say($"workers {worker}");
        await Task.WhenAll(stuck);
    }

    private static async Task CallAsync(WorkerPool pool, Func<int, string> name, int milliseconds, bool isBusy)
    {
        for (int i = 0; ; i++)
            await pool.RunAsync(() => Work(milliseconds, isBusy), new WorkOptions { Name = name(i) });
    }

    private static void Work(int milliseconds, bool isBusy)
    {
        if (!isBusy)
        {
            Thread.Sleep(milliseconds);
            return;
        }

        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
        {
        }
    }

    private static void Hang(IProgress<int> entered)
    {
        using var held = new ManualResetEventSlim();
        lock (Forever)
        {
            entered.Report(1);
            held.Wait(); // nobody sets it
        }
    }
}
