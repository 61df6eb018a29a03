using System.Linq.Expressions;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_value_that_cannot_travel_is_named_on_the_callers_thread()
    {
        using var source = new LocalMemoryStream([1, 2, 3]);

        await AssertRefusedAsync(() => Pool.RunAsync(() => source.Length), "source", "MemoryStream", 3L);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_path_to_the_value_that_cannot_travel_is_named()
    {
        var order = new Samples.Order { Lines = { new(), new(), new(), new() { Source = new TaskCompletionSource() } } };
        Dictionary<string, object> table = new() { ["a"] = 1, ["b"] = Task.CompletedTask };

        await AssertRefusedAsync(() => Pool.RunAsync(() => order.Lines.Count), "order.Lines[3].Source", "TaskCompletionSource", 4);
        await AssertRefusedAsync(() => Pool.RunAsync(() => table.Count), "table[b]", "Task", 2);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_argument_that_cannot_travel_is_refused()
    {
        using var source = new LocalMemoryStream([1, 2, 3]);

        await AssertRefusedAsync(() => Pool.RunAsync(static (pair, _) => pair.Text.Length + pair.Source.Length, (Text: "ab", Source: source)), "argument.Item2", "MemoryStream", 5L);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Handles_tasks_and_locks_are_refused()
    {
        nint handle = 5;
        Task<int> task = Task.FromResult(6);
        var gate = new object();
        using var semaphore = new SemaphoreSlim(7);
        using var cancellation = new CancellationTokenSource();

        await AssertRefusedAsync(() => Pool.RunAsync(() => (int)handle), "handle", "nint", 5);
        await AssertRefusedAsync(() => Pool.RunAsync(() => task.Result), "task", "await it", 6);
        await AssertRefusedAsync(() => Pool.RunAsync(() => semaphore.CurrentCount), "semaphore", "SemaphoreSlim", 7);
        await AssertRefusedAsync(() => Pool.RunAsync(() => cancellation.IsCancellationRequested), "cancellation", "capture its Token", false);
        Assert.True(await Pool.RunAsync(() => gate is not null));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_value_behind_a_captured_delegate_is_named_too()
    {
        using var source = new LocalMemoryStream([1, 2, 3]);
        Func<long> length = () => source.Length;

        await AssertRefusedAsync(() => Pool.RunAsync(() => length() + 1), "length", "MemoryStream", 4L);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_this_that_cannot_travel_is_named()
    {
        using var owner = new Samples.StreamOwner();

        await AssertRefusedAsync(() => owner.LengthAsync(Pool), "this", "MemoryStream", 3L);
        await AssertRefusedAsync(() => Pool.RunAsync(owner.Length), "this", "MemoryStream", 3L);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Code_that_no_worker_has_is_refused()
    {
        Func<int> compiled = Expression.Lambda<Func<int>>(Expression.Constant(3)).Compile();

        await AssertRefusedAsync(() => Pool.RunAsync(compiled), "", "compiled while the program ran", 3);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_pool_does_not_travel_to_its_own_workers()
    {
        WorkerPool pool = Pool;

        await AssertRefusedAsync(() => pool.RunAsync(() => pool.Isolation), "pool", "WorkerPool", Isolation.Thread);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_result_that_cannot_travel_fails_its_item_and_costs_no_worker()
    {
        await using WorkerPool pool = Backend.Create(1);
        int before = await pool.RunAsync(static () => Environment.ProcessId);

        Task<Samples.Line> work = pool.RunAsync(static () => new Samples.Line { Source = new LocalMemoryStream() });
        if (Backend.CopiesValues)
        {
            WorkSerializationException refusal = await Assert.ThrowsAsync<WorkSerializationException>(() => work);
            Assert.Contains("Source", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("MemoryStream", refusal.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.IsType<LocalMemoryStream>((await work).Source);
        }

        Assert.Equal(before, await pool.RunAsync(static () => Environment.ProcessId));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_refused_call_touches_no_worker()
    {
        Assert.SkipUnless(Backend.CopiesValues, "Everything travels to a thread.");
        using var log = new CapturedLog();
        await using WorkerPool pool = Backend.Create(1, options => options.LoggerFactory = log);
        using var source = new LocalMemoryStream();

        Assert.Throws<WorkSerializationException>(() => { _ = pool.RunAsync(() => source.Length); });
        Assert.Empty(log.Entries);

        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        Assert.Throws<WorkSerializationException>(() => { _ = pool.RunAsync(() => source.Length); });
        Assert.Equal(worker, await pool.RunAsync(static () => Environment.ProcessId));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_state_factory_that_captures_what_cannot_travel_is_refused()
    {
        using var source = new LocalMemoryStream([1]);
        WorkerPool<long> Create() => WorkerPool.Create(Backend.Options(1), () => source.Length);

        if (Backend.CopiesValues)
        {
            Assert.Equal("source", Assert.Throws<WorkSerializationException>(Create).Path);
            return;
        }

        await using WorkerPool<long> pool = Create();
        Assert.Equal(1, await pool.RunAsync(static (long state) => state));
    }

    /// <summary>Expects a refusal where values are copied, thrown by the call itself, and success elsewhere.</summary>
    private async Task AssertRefusedAsync<T>(Func<Task<T>> call, string path, string reason, T otherwise)
    {
        if (!Backend.CopiesValues)
        {
            Assert.Equal(otherwise, await call());
            return;
        }

        // Not awaited: the error must come from the call.
        WorkSerializationException refusal = Assert.Throws<WorkSerializationException>(() => { _ = call(); });
        Assert.StartsWith(path, refusal.Path, StringComparison.Ordinal);
        if (path.Contains('.', StringComparison.Ordinal) || path.Contains('[', StringComparison.Ordinal))
            Assert.Equal(path, refusal.Path);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}
