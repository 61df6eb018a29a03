using System.Collections.Concurrent;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

public abstract partial class CrashContainment
{
    private const long Mebibyte = 1024 * 1024;

    [Fact(Timeout = Limits.Test)]
    public async Task Work_that_ignores_the_end_of_its_time_is_ended_with_its_worker()
    {
        await using WorkerPool pool = Backend.CreateProcesses(1, options => (options.CancellationGrace, options.TerminationGrace) = (TimeSpan.Zero, TimeSpan.Zero));
        int worker = await pool.RunAsync(static () => Environment.ProcessId);

        await Assert.ThrowsAsync<WorkTimeoutException>(() => pool.RunAsync(
            static token =>
            {
                using var ignored = System.Runtime.InteropServices.PosixSignalRegistration.Create(
                    System.Runtime.InteropServices.PosixSignal.SIGTERM, static context => context.Cancel = true);
                while (true)
                    Thread.SpinWait(100);
            },
            new WorkOptions { Limits = new() { Timeout = TimeSpan.FromMilliseconds(50) } }));

        await Eventually.Async(() => !ProcFs.IsAlive(worker));
        Assert.NotEqual(worker, await pool.RunAsync(static () => Environment.ProcessId));
        Assert.Equal(1, pool.Snapshot().Totals.Kills);
        Assert.Equal(0, pool.Snapshot().Totals.Crashes);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_whose_work_obeys_its_token_in_time_lives_on()
    {
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.CancellationGrace = Limits.Condition);
        int worker = await pool.RunAsync(static () => Environment.ProcessId);

        await Assert.ThrowsAsync<WorkTimeoutException>(
            () => pool.RunAsync(static token => { token.WaitHandle.WaitOne(); }, new WorkOptions { Limits = new() { Timeout = TimeSpan.FromMilliseconds(50) } }));

        await Eventually.Async(() => pool.Snapshot().Workers.Count(state => state is { Id: var id, State: WorkerState.Idle } && id == worker) == 1);
        Assert.Equal(0, pool.Snapshot().Totals.Kills);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_may_be_run_again_after_a_crash()
    {
        await using WorkerPool pool = Backend.Create(2);
        string tries = _scratch.File("tries");

        int attempts = await pool.RunAsync(
            () =>
            {
                File.AppendAllText(tries, "x");
                if (new FileInfo(tries).Length < 3)
                    Environment.FailFast("not yet");
                return (int)new FileInfo(tries).Length;
            },
            new WorkOptions { Limits = new() { MaxCrashRetries = 2 } });

        Assert.Equal(3, attempts);
        Assert.Equal(0, pool.Snapshot().Totals.Quarantined);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_that_crashes_too_often_is_given_up_and_counted_apart()
    {
        var events = new ConcurrentQueue<WorkerEvent>();
        await using WorkerPool pool = Backend.Create(1);
        pool.WorkerChanged += (_, happened) => events.Enqueue(happened);

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(
            () => pool.RunAsync(static () => Environment.Exit(3), new WorkOptions { Name = "poison", Limits = new() { MaxCrashRetries = 2 } }));

        Assert.Equal(3, crash.Attempt);
        Assert.Equal(1, await pool.RunAsync(static () => 1));
        Assert.Equal(1, pool.Snapshot().Totals.Quarantined);
        Assert.Equal(3, pool.Snapshot().Totals.Crashes);
        Assert.Equal(0, pool.Snapshot().Totals.FailedStarts);
        await Eventually.Async(() => events.Any(happened => happened.Kind == WorkerEventKind.Quarantined && happened.Detail.Contains("poison", StringComparison.Ordinal)));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Elements_of_a_map_are_run_again_alone_after_a_crash()
    {
        await using WorkerPool pool = Backend.Create(2);
        string tries = _scratch.File("elements");

        List<int> results = [];
        await foreach (int result in pool.MapAsync(
            Enumerable.Range(0, 40),
            number =>
            {
                if (number == 17)
                {
                    File.AppendAllText(tries, "x");
                    if (new FileInfo(tries).Length < 2)
                        Environment.Exit(1);
                }

                return number;
            },
            new MapOptions { Limits = new() { MaxCrashRetries = 1 } }))
        {
            results.Add(result);
        }

        Assert.Equal(Enumerable.Range(0, 40), results);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_sudden_gibibyte_is_refused_where_memory_is_limited()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kernel's limit is Linux's.");
        await using WorkerPool pool = Backend.Create(2);

        WorkMemoryException refused = await Assert.ThrowsAsync<WorkMemoryException>(() => pool.RunAsync(
            static () =>
            {
                byte[] much = new byte[1024 * Mebibyte];
                much.AsSpan().Fill(1);
                return much[^1];
            },
            new WorkOptions { Name = "greedy", Limits = new() { MaxMemory = 256 * Mebibyte } }));

        Assert.Equal(("greedy", 256 * Mebibyte), (refused.WorkItemName, refused.Limit));
        Assert.Equal(50, await pool.RunAsync(static () => new byte[50 * Mebibyte].Length / (int)Mebibyte, new WorkOptions { Limits = new() { MaxMemory = 256 * Mebibyte } }));
        Assert.Equal(1, await pool.RunAsync(static () => new byte[300 * Mebibyte].AsSpan()[1..].Length > 0 ? 1 : 0));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Memory_that_grows_bit_by_bit_is_limited_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kernel's limit is Linux's.");
        await using WorkerPool pool = Backend.Create(1);

        await Assert.ThrowsAsync<WorkMemoryException>(() => pool.RunAsync(
            static () =>
            {
                List<byte[]> kept = [];
                while (true)
                {
                    byte[] piece = new byte[Mebibyte / 4];
                    piece.AsSpan().Fill(1);
                    kept.Add(piece);
                }
            },
            new WorkOptions { Limits = new() { MaxMemory = 200 * Mebibyte } }));

        Assert.Equal(1, await pool.RunAsync(static () => 1));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(150, true)]
    [InlineData(0, false)]
    public async Task A_crash_without_a_word_is_one_for_want_of_memory_only_near_the_limit(int mebibytes, bool isForMemory)
    {
        Assert.SkipUnless(Backend is SharedMemoryBackend, "Only a parent that reaps its workers itself learns how much they touched.");
        await using WorkerPool pool = Backend.Create(1);

        Exception? error = await Record.ExceptionAsync(() => pool.RunAsync(
            static (count, _) =>
            {
                byte[] kept = GC.AllocateUninitializedArray<byte>(count * (int)Mebibyte);
                kept.AsSpan().Fill(1);
                Infrastructure.Deaths.Die(Death.SegmentationFault);
                GC.KeepAlive(kept);
            },
            mebibytes,
            new WorkOptions { Limits = new() { MaxMemory = 200 * Mebibyte } }));

        WorkerCrashedException crash = Assert.IsType<WorkerCrashedException>(isForMemory ? Assert.IsType<WorkMemoryException>(error).InnerException : error);
        Assert.Equal((isForMemory, "SIGSEGV"), (crash.IsOutOfMemorySuspected, crash.Signal));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_are_replaced_after_so_many_items_without_an_item_lost()
    {
        await using WorkerPool pool = Backend.CreateProcesses(1, options => (options.MaxItemsPerWorker, options.RecycleJitter, options.SpareWorkers) = (10, 0, 1));

        // A worker goes on until its successor is there, however many items that takes: the test's own limit ends the wait.
        var workers = new HashSet<int>();
        for (int i = 0; i < 100 || workers.Count < 3; i++)
        {
            (int worker, int number) = await pool.RunAsync(static (n, _) => (Environment.ProcessId, n), i);
            Assert.Equal(i, number);
            workers.Add(worker);
        }

        Assert.True(pool.Snapshot().Totals.Recycles >= 1);
        Assert.Equal(0, pool.Snapshot().Totals.Crashes);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_that_leaks_is_replaced_before_it_holds_more_than_one_item_too_much()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Private memory is read from /proc.");
        const long Limit = 100 * Mebibyte, Leak = 10 * Mebibyte;
        await using WorkerPool pool = Backend.CreateProcesses(4, options => options.MaxWorkerMemory = Limit);

        long[] held = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => pool.RunAsync(static () =>
        {
            Leaks.Add(Leak);
            return Tandem.Interop.ProcessMemory.OwnPrivateBytes();
        })));

        Assert.True(held.Max() <= Limit + Leak + 8 * Mebibyte, $"A worker held {held.Max() / Mebibyte} MiB.");
        Assert.True(pool.Snapshot().Totals.Recycles > 0);
        Assert.Equal(0, pool.Snapshot().Totals.Crashes);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_are_replaced_when_they_are_old()
    {
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.MaxWorkerAge = TimeSpan.FromMilliseconds(200));
        int first = await pool.RunAsync(static () => Environment.ProcessId);

        await Eventually.Async(() => !ProcFs.IsAlive(first));
        Assert.NotEqual(first, await pool.RunAsync(static () => Environment.ProcessId));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Idle_workers_end_down_to_the_minimum_and_come_back_with_work()
    {
        await using WorkerPool pool = Backend.CreateProcesses(3, options => (options.IdleTimeout, options.MinWorkers) = (TimeSpan.FromMilliseconds(100), 1));

        Assert.Equal(3, (await UseAllAsync()).Distinct().Count());
        await Eventually.Async(() => pool.Snapshot().Workers.Count == 1);
        Assert.Equal(3, (await UseAllAsync()).Distinct().Count());

        // A worker that is ready before the others has something to do until they are.
        async Task<int[]> UseAllAsync()
        {
            Gate gate = _scratch.Gate();
            Task<int>[] busy = [.. Enumerable.Range(0, 3).Select(_ => pool.RunAsync(() =>
            {
                gate.Pass();
                return Environment.ProcessId;
            }))];
            await Eventually.Async(() => pool.Snapshot().Workers.Count(worker => worker.State == WorkerState.Busy) == 3);
            gate.Open();
            return await Task.WhenAll(busy);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_spare_takes_the_place_of_a_dead_worker_and_is_replaced_itself()
    {
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.SpareWorkers = 1);
        int first = await pool.RunAsync(static () => Environment.ProcessId);
        await Eventually.Async(() => pool.Snapshot().Workers.Any(worker => worker is { IsSpare: true, State: WorkerState.Idle }));
        WorkerSnapshot spare = pool.Snapshot().Workers.Single(worker => worker.IsSpare);
        Assert.True(spare.PrivateMemory > 0);

        using (var process = System.Diagnostics.Process.GetProcessById(first))
            process.Kill();

        await Eventually.Async(() => !ProcFs.IsAlive(first));
        int second = await pool.RunAsync(static () => Environment.ProcessId);
        Assert.Equal(spare.Id, second);
        await Eventually.Async(() => pool.Snapshot().Workers.Any(worker => worker is { IsSpare: true, State: WorkerState.Idle }));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_spare_gets_ready_for_the_calls_of_its_pool_without_running_any_of_them()
    {
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.SpareWorkers = 1);
        for (int i = 0; i < 3; i++)
        {
            // The second spare, and the third, know what is called here when they become ready.
            int worker = await pool.RunAsync(static () => Environment.ProcessId);
            Assert.Equal(1, await pool.RunAsync(static () => Interlocked.Increment(ref _calls)));
            Assert.Equal((2, 7), await pool.RunAsync(static (seven, _) => Task.FromResult((Interlocked.Increment(ref _calls), seven.Value)), new Seven(7)));
            Assert.False(await pool.RunAsync(static () => Watch.IsPickyMade));
            Assert.Equal("x", (await pool.RunAsync(static () => new Picky { Text = "x" })).Text);
            await Eventually.Async(() => pool.Snapshot().Workers.Any(one => one is { IsSpare: true, State: WorkerState.Idle }));

            using (var process = System.Diagnostics.Process.GetProcessById(worker))
                process.Kill();
            await Eventually.Async(() => !ProcFs.IsAlive(worker));
        }
    }

    private sealed record Seven(int Value)
    {
        // What is built by copying fields runs no constructor; a rehearsal must not either.
        public int Value { get; } = Value == 7 ? Value : throw new ArgumentOutOfRangeException(nameof(Value));
    }

    /// <summary>Whose static constructor shows.</summary>
    private struct Picky
    {
        public string? Text;

        static Picky() => Watch.IsPickyMade = true;
    }

    private static class Watch
    {
        internal static bool IsPickyMade;
    }

    private static int _calls;

    [Fact(Timeout = Limits.Test)]
    public async Task A_pool_whose_workers_cannot_start_says_why_and_recovers_when_they_can()
    {
        string allowed = _scratch.File("allowed");
        ProcessPoolOptions options = Backend.ProcessOptions(1);
        options.MaxRestarts = 2;
        options.RestartPeriod = TimeSpan.FromSeconds(1);
        await using WorkerPool<int> pool = WorkerPool.Create(options, () => File.Exists(allowed) ? 42 : throw new InvalidDataException("the model is missing"));

        WorkerStartException refused = await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static state => state));
        Assert.Contains("the model is missing", refused.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(refused.InnerException);
        Assert.InRange(pool.Snapshot().Totals.FailedStarts, 2, int.MaxValue); // and one more in each second since

        File.WriteAllText(allowed, "");
        int? state = null;
        while (state is null)
            state = await TryRunAsync(pool);

        Assert.Equal(42, state);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_crash_report_holds_the_managed_stack_and_the_lines_of_that_item_only()
    {
        Assert.SkipUnless(ExpectedExit.Deaths.Contains(Death.StackOverflow), "No process ends like that here.");
        await using WorkerPool pool = Backend.Create(1);
        await pool.RunAsync(static () => Console.Error.WriteLine("an innocent line of the item before"));

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () =>
        {
            Console.Error.WriteLine("last words");
            Recurse(1);
        }));

        Assert.NotNull(crash.ManagedStack);
        Assert.StartsWith("Stack overflow.", crash.ManagedStack, StringComparison.Ordinal);
        Assert.Contains(nameof(Recurse), crash.ManagedStack, StringComparison.Ordinal);
        Assert.Contains("last words", crash.StandardErrorTail, StringComparison.Ordinal);
        Assert.Null(crash.DumpPath);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_dump_of_a_crash_is_kept_where_it_is_wanted()
    {
        await using WorkerPool pool = Backend.CreateProcesses(1, options => (options.CollectDumps, options.DumpFolder) = (true, _scratch.Folder));

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.FailFast("dump me")));

        Assert.SkipWhen(crash.DumpPath is null && crash.StandardErrorTail.Contains("createdump", StringComparison.Ordinal), "createdump may not trace here.");
        Assert.NotNull(crash.DumpPath);
        Assert.True(new FileInfo(crash.DumpPath).Length > 0);
    }

    private static int Recurse(int depth) => depth == int.MaxValue ? 0 : Recurse(depth + 1) + 1;

    /// <summary>Null while no worker can be started.</summary>
    private static async Task<int?> TryRunAsync(WorkerPool<int> pool)
    {
        try
        {
            return await pool.RunAsync(static state => state);
        }
        catch (WorkerStartException)
        {
            return null;
        }
    }

    private static class Leaks
    {
        private static readonly List<byte[]> Kept = [];

        internal static void Add(long size)
        {
            byte[] leak = new byte[size];
            leak.AsSpan().Fill(1);
            lock (Kept)
                Kept.Add(leak);
        }
    }
}
