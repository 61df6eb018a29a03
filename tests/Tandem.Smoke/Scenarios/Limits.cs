namespace Tandem.Smoke.Scenarios;

/// <summary>Time-outs, cancellation, full queues, memory.</summary>
internal static class Limits
{
    private const long Mebibyte = 1 << 20;

    internal static readonly Scenario[] All =
    [
        new("timeout", TimeoutAsync),
        new("queue-timeout", QueueTimeoutAsync),
        new("queue-full", QueueFullAsync),
        new("cancellation-obeyed", CancellationObeyedAsync),
        new("cancellation-ignored", CancellationIgnoredAsync) { NeedsProcesses = true },
        new("memory-limit", MemoryAsync) { NeedsProcesses = true },
    ];

    private static async Task TimeoutAsync(Setting setting)
    {
        Gate never = setting.CreateGate();
        await using WorkerPool pool = setting.CreatePool();
        WorkTimeoutException error = await Check.ThrowsAsync<WorkTimeoutException>(
            pool.RunAsync(() => never.Pass(), new WorkOptions { Name = "slow", Limits = new() { Timeout = TimeSpan.FromMilliseconds(200) } }));
        Check.That(error.HasStarted);
        Check.Equal("slow", error.WorkItemName);
        Check.Equal(3, await pool.RunAsync(static () => 3));
        // On threads it was left behind.
        never.Open();
    }

    private static async Task QueueTimeoutAsync(Setting setting)
    {
        Gate started = setting.CreateGate(), gate = setting.CreateGate(), ran = setting.CreateGate();
        await using WorkerPool pool = setting.CreatePool();
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await setting.OpenedAsync(started, "the first item starts");
        WorkTimeoutException error = await Check.ThrowsAsync<WorkTimeoutException>(
            pool.RunAsync(() => ran.Open(), new WorkOptions { Limits = new() { QueueTimeout = TimeSpan.FromMilliseconds(100) } }));
        Check.That(!error.HasStarted);
        gate.Open();
        await running;
        Check.Equal(1, await pool.RunAsync(static () => 1));
        Check.That(!ran.IsOpen);
    }

    private static async Task QueueFullAsync(Setting setting)
    {
        Gate gate = setting.CreateGate();
        await using WorkerPool pool = setting.CreatePool(1, static options =>
        {
            options.QueueCapacity = 1;
            options.QueueFullMode = QueueFullMode.Reject;
        });
        // However many the worker takes ahead, one of these finds the queue full.
        var accepted = new List<Task>();
        QueueFullException? full = null;
        while (full is null && accepted.Count < 1000)
        {
            Task call = pool.RunAsync(() => gate.Pass());
            if (call.IsFaulted)
                full = await Check.ThrowsAsync<QueueFullException>(call);
            else
                accepted.Add(call);
        }

        Check.That(full is not null);
        gate.Open();
        await Task.WhenAll(accepted);
    }

    private static async Task CancellationObeyedAsync(Setting setting)
    {
        Gate started = setting.CreateGate(), never = setting.CreateGate();
        await using WorkerPool pool = setting.CreatePool();
        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        using var source = new CancellationTokenSource();
        Task call = pool.RunAsync(
            token =>
            {
                started.Open();
                never.Pass(token);
            },
            cancellationToken: source.Token);
        await setting.OpenedAsync(started, "the item starts");
        await source.CancelAsync();
        await Check.ThrowsAsync<OperationCanceledException>(call);
        Check.That(call.IsCanceled);
        Check.Equal(worker, await pool.RunAsync(static () => Environment.ProcessId));
    }

    private static async Task CancellationIgnoredAsync(Setting setting)
    {
        Gate started = setting.CreateGate();
        await using WorkerPool pool = setting.CreatePool(
            1, static options => options.CancellationGrace = options.TerminationGrace = TimeSpan.FromMilliseconds(100));
        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        using var source = new CancellationTokenSource();
        Task call = pool.RunAsync(
            _ =>
            {
                started.Open();
                while (true)
                    Thread.SpinWait(1000);
            },
            cancellationToken: source.Token);
        await setting.OpenedAsync(started, "the item starts");
        await source.CancelAsync();
        await Check.ThrowsAsync<OperationCanceledException>(call);
        await setting.GoneAsync([worker], "the worker is ended");
        Check.That(worker != await pool.RunAsync(static () => Environment.ProcessId));
    }

    private static async Task MemoryAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        if (!OperatingSystem.IsLinux())
        {
            using var process = System.Diagnostics.Process.GetProcessById(worker);
            if (process.PrivateMemorySize64 == 0)
                throw new SkipException("the system says that a process has no private memory");
        }

        WorkMemoryException error = await Check.ThrowsAsync<WorkMemoryException>(pool.RunAsync(
            static () =>
            {
                List<byte[]> kept = [];
                for (int i = 0; i < 64; i++)
                {
                    byte[] piece = new byte[16 * Mebibyte];
                    piece.AsSpan().Fill(1);
                    kept.Add(piece);
                }

                // Where the pool looks from time to time.
                Thread.Sleep(Timeout.Infinite);
                GC.KeepAlive(kept);
            },
            new WorkOptions { Name = "greedy", Limits = new() { MaxMemory = 256 * Mebibyte } }));
        Check.Equal("greedy", error.WorkItemName);
        Check.Equal(1, await pool.RunAsync(static () => 1));
    }
}
