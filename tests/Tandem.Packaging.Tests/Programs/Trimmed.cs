using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Tandem;

// All that works in a program that is trimmed or compiled natively: pools of threads, in all forms of calls.
await using (var pool = WorkerPool.Threads(2))
{
    int captured = 7;
    Console.WriteLine($"lambda: {await pool.RunAsync(() => captured + 1)}");
    Console.WriteLine($"async: {await pool.RunAsync(async token => { await Task.Delay(1, token); return captured; })}");
    Console.WriteLine($"valuetask: {await pool.RunAsync(() => new ValueTask<string>("done"))}");
    await foreach (int square in pool.MapAsync(Enumerable.Range(1, 4), i => i * i))
        Console.WriteLine($"map: {square}");
    await pool.ForEachAsync(Enumerable.Range(1, 4), (int i) => { Interlocked.Add(ref captured, i); });
    Console.WriteLine($"for each: {captured}");
    try
    {
        await pool.RunAsync(() => throw new InvalidOperationException("thrown"));
    }
    catch (InvalidOperationException e)
    {
        Console.WriteLine($"error: {e.Message}");
    }

    using var source = new CancellationTokenSource();
    Task<int> canceled = pool.RunAsync<int>(async token => { source.Cancel(); await Task.Delay(Timeout.Infinite, token); return 0; }, cancellationToken: source.Token);
    await canceled.ContinueWith(static _ => { }, TaskScheduler.Default);
    Console.WriteLine($"canceled: {canceled.IsCanceled}");
    Console.WriteLine($"snapshot: {pool.Snapshot().Workers.Count}");
}

// With a state, options and limits.
var options = new ThreadedPoolOptions { MaxWorkers = 1, QueueCapacity = 10 };
await using (var pool = WorkerPool.Create(options, () => new List<string>()))
{
    await pool.RunAsync(list => list.Add("one"), new WorkOptions { Name = "named", Limits = new() { Timeout = TimeSpan.FromMinutes(5) } });
    Console.WriteLine($"state: {await pool.RunAsync(list => list.Count)}");
}

// Objects that the pool's threads share.
await using (var pool = WorkerPool.Threads(2))
{
    using var array = new SharedArray<int>(2, Isolation.Thread);
    using var count = new SharedCounter(0, Isolation.Thread);
    using var gate = new SharedLock(Isolation.Thread);
    Channel<string> words = SharedChannel.CreateBounded<string>(4, Isolation.Thread);
    await pool.ForEachAsync(Enumerable.Range(0, 4), (int i) =>
    {
        using (gate.Enter())
            array[i % 2] += i;
        count.Increment();
        words.Writer.TryWrite($"{i}");
    });
    words.Writer.Complete();
    Console.WriteLine($"shared: {array[0]} {array[1]} {count.Value} {await words.Reader.ReadAllAsync().CountAsync()}");
    try
    {
        _ = SharedChannel.CreateBounded<string>(4);
    }
    catch (PlatformNotSupportedException e)
    {
        Console.WriteLine($"channel: {e.Message}");
    }
}

// A pool of processes says what to do. The build says it too, where it is called by name.
foreach (Func<WorkerPool> create in (Func<WorkerPool>[])[Processes, () => WorkerPool.Create(WorkerPoolOptions.For(Isolation.Process))])
{
    try
    {
        await using WorkerPool pool = create();
        Console.WriteLine($"processes: {await pool.RunAsync(() => 1)}");
    }
    catch (WorkerStartException e)
    {
        Console.WriteLine($"processes: {e.Message}");
    }
}

[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What happens then is what is shown.")]
[UnconditionalSuppressMessage("AOT", "IL3050", Justification = "What happens then is what is shown.")]
static WorkerPool Processes() => WorkerPool.Processes(1);
