using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Tandem.TestHost;

/// <summary>
/// Has pools go through things, round after round, and says what is left of them: first with a pool for each round, then with one pool for all.
/// </summary>
internal static class Rounds
{
    private const int Count = 10;

    /// <summary>The round after which what lives as long as the program is there: caches, threads.</summary>
    private const int WarmUp = 2;

    /// <summary>
    /// Says <c>round</c> after each round. Returns how many bytes more live after the last round than after the second, with a pool for each
    /// round and with one for all; or what lives on that should not.
    /// </summary>
    internal static async Task<string> RunAsync(string kind, string scenario)
    {
        ThreadPool.SetMinThreads(64, 64); // sources that never return take threads
        long[] grown = new long[2];
        foreach (bool isShared in (bool[])[false, true])
        {
            if (isShared && scenario == "stop")
                continue;

            WorkerPool? shared = isShared ? WorkerPool.Create(Options(kind, scenario)) : null;
            long early = 0;
            for (int round = 1; round <= Count; round++)
            {
                Watched watched = shared is null ? await UseNewAsync(kind, scenario) : await UseAsync(shared, kind, scenario);
                if (await watched.LivingAsync() is { Length: > 0 } living)
                    return $"after round {round} with {(isShared ? "one pool for all" : "a pool for each")} there still lives: {living}";

                Roles.Say("round");
                if (round == WarmUp)
                    early = Live();
            }

            grown[isShared ? 1 : 0] = Live() - early;
            if (shared is not null)
                await shared.DisposeAsync();
        }

        return $"grown {grown[0]} {grown[1]}";
    }

    private static long Live() => GC.GetTotalMemory(forceFullCollection: true);

    private static WorkerPoolOptions Options(string kind, string scenario)
    {
        WorkerPoolOptions options = Roles.Options(kind, 2);
        if (options is ProcessPoolOptions processes)
            processes.MaxRestarts = int.MaxValue;
        // Nothing may wait for this. For sources it is the time after which they are left behind.
        options.CancellationGrace = scenario is "source" or "thread-source" ? TimeSpan.FromMilliseconds(20) : TimeSpan.FromHours(1);
        if (scenario == "queue")
            options.QueueCapacity = 5;
        return options;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Watched> UseNewAsync(string kind, string scenario)
    {
        WorkerPool pool = WorkerPool.Create(Options(kind, scenario));
        Watched watched = await UseAsync(pool, kind, scenario);
        watched.Add("the pool", pool);
        watched.Add("its engine", pool.Engine);
        await pool.DisposeAsync();
        return watched;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Watched> UseAsync(WorkerPool pool, string kind, string scenario)
    {
        var watched = new Watched();
        Isolation isolation = kind == "threads" ? Isolation.Thread : Isolation.Process;
        await (scenario switch
        {
            "calls" => CallAsync(pool, watched),
            "large" => LargeAsync(pool, watched),
            "failures" => FailAsync(pool, watched),
            "cancellation" => CancelAsync(pool, watched),
            "queue" => WaitInQueueAsync(pool, watched),
            "timeouts" => TimeOutAsync(pool, isolation, watched),
            "source" => LeaveAsync(pool.MapAsync((IAsyncEnumerable<int>)new StuckSource(), Work(watched))),
            "thread-source" => LeaveAsync(pool.MapAsync((IEnumerable<int>)new StuckSource(), Work(watched))),
            "maps" => MapAsync(pool, watched),
            "crashes" => CrashAsync(pool, watched),
            "resizes" => ResizeAsync(pool),
            "sharing" => ShareAsync(pool, isolation, watched),
            "stop" => StopAsync(pool, watched),
            _ => throw new ArgumentOutOfRangeException(nameof(scenario), scenario, "There is no such scenario."),
        });
        return watched;
    }

    private static async Task CallAsync(WorkerPool pool, Watched watched)
    {
        EventHandler<WorkerEvent> handler = (_, _) => { };
        pool.WorkerChanged += handler;
        for (int i = 0; i < 20; i++)
        {
            byte[] captured = watched.Add("a captured value", new byte[1000]);
            byte[] beside = watched.Add("what a lambda of the same scope captured", new byte[1000]);
            int written = 0;
            Func<int> other = () => beside.Length + written;
            await pool.RunAsync(() => { written = 1; });
            await pool.RunAsync(() => captured.Length);
            byte[] argument = watched.Add("an argument", new byte[1000]);
            watched.Add("a result", await pool.RunAsync(static (bytes, _) => new byte[bytes.Length], argument));
            watched.Add("a result that is a graph", await pool.RunAsync(static () => new List<object> { new byte[10], "text" }));

            using CancellationTokenSource source = watched.Add("a token's source", new CancellationTokenSource());
            CancellationToken token = source.Token;
            IProgress<int> progress = watched.Add("a progress receiver", new Progress<int>(_ => other()));
            await pool.RunAsync(
                own =>
                {
                    progress.Report(1);
                    return own.IsCancellationRequested || token.IsCancellationRequested;
                },
                cancellationToken: source.Token);
        }

        pool.WorkerChanged -= handler;
    }

    private static async Task LargeAsync(WorkerPool pool, Watched watched)
    {
        List<string> argument = watched.Add("a large argument", Enumerable.Range(0, 20_000).Select(static i => $"{i}").ToList());
        watched.Add("a large result", await pool.RunAsync(static (texts, _) => texts, argument));
        byte[] bytes = watched.Add("a large array", new byte[8 << 20]);
        watched.Add("a large array that came back", await pool.RunAsync(() => bytes));
    }

    private static async Task FailAsync(WorkerPool pool, Watched watched)
    {
        for (int i = 0; i < 100; i++)
        {
            byte[] captured = watched.Add("what failed work captured", new byte[1000]);
            Exception error = watched.Add("an error", await ErrorOf(pool.RunAsync(() =>
            {
                if (captured.Length > 0)
                    throw new InvalidOperationException("It fails.", new FormatException($"{captured.Length}"));
            })));
            Require(error is InvalidOperationException, $"{error}");
        }
    }

    private static async Task CancelAsync(WorkerPool pool, Watched watched)
    {
        using CancellationTokenSource source = watched.Add("a source that was cancelled", new CancellationTokenSource());
        var calls = new Task[2_000];
        for (int i = 0; i < calls.Length; i++)
        {
            byte[] argument = watched.Add("an argument of a cancelled call", new byte[100]);
            calls[i] = pool.RunAsync(
                static (_, token) =>
                {
                    token.WaitHandle.WaitOne();
                    token.ThrowIfCancellationRequested();
                },
                argument,
                cancellationToken: source.Token);
        }

        await source.CancelAsync();
        foreach (Task call in calls)
            Require(await ErrorOf(call) is OperationCanceledException, "A call was not cancelled.");
    }

    private static async Task WaitInQueueAsync(WorkerPool pool, Watched watched)
    {
        using CancellationTokenSource source = watched.Add("a source", new CancellationTokenSource());
        Task[] busy = [.. Enumerable.Range(0, 2).Select(_ => pool.RunAsync(static token => { token.WaitHandle.WaitOne(); }, cancellationToken: source.Token))];
        Task[] waiting = [.. Enumerable.Range(0, 20).Select(_ =>
        {
            byte[] captured = watched.Add("what work captured that never ran", new byte[1000]);
            return pool.RunAsync(() => captured.Length, new WorkOptions { Limits = new() { QueueTimeout = TimeSpan.FromMilliseconds(20) } });
        })];
        foreach (Task call in waiting)
            watched.Add("an error", await ErrorOf(call));

        await source.CancelAsync();
        foreach (Task call in busy)
            await ErrorOf(call);
    }

    private static async Task TimeOutAsync(WorkerPool pool, Isolation isolation, Watched watched)
    {
        var limit = new WorkOptions { Limits = new() { Timeout = TimeSpan.FromMilliseconds(20) } };
        for (int i = 0; i < 2; i++)
        {
            byte[] captured = watched.Add("what work captured whose time was over", new byte[1000]);
            Exception error = await ErrorOf(pool.RunAsync(token => token.WaitHandle.WaitOne() ? captured.Length : 0, limit));
            Require(error is WorkTimeoutException, $"{error}");
        }

        if (isolation == Isolation.Process)
        {
            for (int i = 0; i < 3; i++)
                Require(await ErrorOf(pool.RunAsync(static () => Thread.Sleep(Timeout.Infinite), limit)) is WorkTimeoutException, "It has ended.");
            return;
        }

        // The thread is left behind. It holds the engine until it ends.
        using var gate = new ManualResetEventSlim();
        Require(await ErrorOf(pool.RunAsync(() => gate.Wait(), limit)) is WorkTimeoutException, "It has ended.");
        gate.Set();
    }

    private static Func<int, int> Work(Watched watched)
    {
        byte[] captured = watched.Add("what a map's work captured", new byte[1000]);
        return i => captured.Length + i;
    }

    /// <summary>Takes what the source has given, and leaves the source behind.</summary>
    private static async Task LeaveAsync(IAsyncEnumerable<int> map)
    {
        int taken = 0;
        await foreach (int _ in map)
        {
            if (++taken == StuckSource.Count)
                break;
        }
    }

    private static async Task MapAsync(WorkerPool pool, Watched watched)
    {
        using var source = new CancellationTokenSource(); // which lives longer than the maps
        int sum = 0;
        await foreach (int length in pool.MapAsync(Items(), static (item, _) => item.Length, cancellationToken: source.Token))
            sum += length;
        await foreach (int i in pool.MapAsync(Enumerable.Range(0, int.MaxValue), Work(watched), new MapOptions { Ordered = false }, source.Token))
        {
            if (--sum < 0)
                break;
        }

        await ErrorOf(pool.ForEachAsync(Items(), static item => throw new FormatException($"{item.Length}")));

        IEnumerable<byte[]> Items() => Enumerable.Range(0, 100).Select(_ => watched.Add("an item", new byte[10]));
    }

    private static async Task CrashAsync(WorkerPool pool, Watched watched)
    {
        for (int i = 0; i < 4; i++)
        {
            byte[] captured = watched.Add("what work captured that crashed", new byte[1000]);
            Exception error = await ErrorOf(pool.RunAsync(() =>
            {
                Process.GetCurrentProcess().Kill();
                return captured.Length;
            }));
            Require(error is WorkerCrashedException, $"{error}");
        }
    }

    private static async Task ResizeAsync(WorkerPool pool)
    {
        for (int i = 0; i < 100; i++)
        {
            pool.Resize(1 + (i % 3));
            if (i % 20 == 0)
                await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => pool.RunAsync(static () => 1)));
        }
    }

    private static async Task ShareAsync(WorkerPool pool, Isolation isolation, Watched watched)
    {
        using SharedArray<long> array = watched.Add("a shared array", new SharedArray<long>(1000, isolation));
        using SharedCounter counter = watched.Add("a shared counter", new SharedCounter(0, isolation));
        using SharedLock gate = watched.Add("a shared lock", new SharedLock(isolation));
        Channel<string> channel = watched.Add("a shared channel", SharedChannel.CreateBounded<string>(16, isolation));
        for (int i = 0; i < 5; i++)
        {
            await pool.RunAsync(() =>
            {
                using (gate.Enter())
                    array[0] += counter.Increment();
                channel.Writer.TryWrite(new string('x', 100));
            });
            watched.Add("an element", await channel.Reader.ReadAsync());
        }

        Require(await pool.RunAsync(() => counter) == counter, "It came back as another object.");
        (channel as IDisposable)?.Dispose();
    }

    private static async Task StopAsync(WorkerPool pool, Watched watched)
    {
        byte[] captured = watched.Add("what stopped work captured", new byte[1000]);
        Task[] calls = [.. Enumerable.Range(0, 20).Select(_ => pool.RunAsync(token => token.WaitHandle.WaitOne() ? captured.Length : 0))];
        await pool.StopAsync();
        foreach (Task call in calls)
            await ErrorOf(call);
    }

    private static async Task<Exception> ErrorOf(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception e)
        {
            return e;
        }

        return new InvalidOperationException("It has not failed.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new InvalidOperationException(message);
    }
}
