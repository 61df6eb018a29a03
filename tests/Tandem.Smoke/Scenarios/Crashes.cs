namespace Tandem.Smoke.Scenarios;

/// <summary>Every way in which a worker process can end, and what becomes of its items.</summary>
internal static class Crashes
{
    private const string LastWords = "last words of a worker";

    internal static readonly Scenario[] All =
    [
        .. Enum.GetValues<Death>().Select(static death =>
            new Scenario($"death-{Deaths.NameOf(death)}", setting => DieAsync(setting, death)) { NeedsProcesses = true }),
        new("killed-while-idle", KilledWhileIdleAsync) { NeedsProcesses = true },
        new("crash-retry", RetryAsync) { NeedsProcesses = true },
        new("quarantine", QuarantineAsync) { NeedsProcesses = true },
        new("spares", SpareAsync) { NeedsProcesses = true },
    ];

    /// <summary>The item that ran fails and says how its worker ended. Items that waited run in another worker.</summary>
    private static async Task DieAsync(Setting setting, Death death)
    {
        Gate started = setting.CreateGate(), gate = setting.CreateGate();
        await using WorkerPool pool = setting.CreatePool();
        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        Task doomed = pool.RunAsync(
            () =>
            {
                started.Open();
                gate.Pass();
                Console.Error.WriteLine(LastWords);
                Deaths.Die(death);
            },
            new WorkOptions { Name = "doomed" });
        await setting.OpenedAsync(started, "the item starts");
        Task<int>[] waiting = [.. Enumerable.Range(0, 20).Select(i => pool.RunAsync(static (number, _) => number, i))];
        gate.Open();

        WorkerCrashedException crash = await Check.ThrowsAsync<WorkerCrashedException>(doomed);
        Check.Equal("doomed", crash.WorkItemName);
        Check.Equal(worker, crash.ProcessId);
        Check.Contains(LastWords, crash.StandardErrorTail);
        Deaths.CheckTold(death, crash);
        Check.Sequence(Enumerable.Range(0, 20), await Task.WhenAll(waiting));
        Check.That(worker != await pool.RunAsync(static () => Environment.ProcessId));
        await setting.GoneAsync([worker], "the worker has ended");
    }

    private static async Task KilledWhileIdleAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        for (int round = 0; round < 3; round++)
        {
            int worker = await pool.RunAsync(static () => Environment.ProcessId);
            OtherProcess.Kill(worker);
            await setting.GoneAsync([worker], "the worker has ended");
            // The pool may not have noticed yet: what it sends to the dead worker has not started there.
            int[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => pool.RunAsync(static (number, _) => number, i)));
            Check.Sequence(Enumerable.Range(0, 20), results);
        }
    }

    private static async Task RetryAsync(Setting setting)
    {
        Gate first = setting.CreateGate();
        await using WorkerPool pool = setting.CreatePool();
        int result = await pool.RunAsync(
            () =>
            {
                if (!first.IsOpen)
                {
                    first.Open();
                    Environment.Exit(5);
                }

                return 8;
            },
            new WorkOptions { Limits = new() { MaxCrashRetries = 1 } });
        Check.Equal(8, result);
        Check.Equal(1L, pool.Snapshot().Totals.Crashes);
    }

    private static async Task QuarantineAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        WorkerCrashedException crash = await Check.ThrowsAsync<WorkerCrashedException>(
            pool.RunAsync(static () => Environment.Exit(6), new WorkOptions { Limits = new() { MaxCrashRetries = 1 } }));
        Check.Equal(2, crash.Attempt);
        Check.Equal(1L, pool.Snapshot().Totals.Quarantined);
        Check.Equal(1, await pool.RunAsync(static () => 1));
    }

    /// <summary>A started worker takes the place of one that dies.</summary>
    private static async Task SpareAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreateProcesses(1, static options => options.SpareWorkers = 1);
        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        int spare = 0;
        bool IsReady() => (spare = pool.Snapshot().Workers.FirstOrDefault(static one => one is { IsSpare: true, State: WorkerState.Idle })?.Id ?? 0) != 0;
        await setting.UntilAsync(IsReady, "a spare is ready");
        await Check.ThrowsAsync<WorkerCrashedException>(pool.RunAsync(static () => Environment.Exit(1)));
        Check.Equal(spare, await pool.RunAsync(static () => Environment.ProcessId));
        await setting.UntilAsync(() => IsReady() && spare != worker, "another spare is ready");
    }
}
