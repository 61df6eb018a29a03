using System.Runtime.CompilerServices;
using System.Text.Json;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_full_disk_is_an_error_of_the_work_that_meets_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is a disk that is always full.");
        IOException full = await Assert.ThrowsAnyAsync<IOException>(() => Pool.RunAsync(static () =>
        {
            using var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
            file.Write(new byte[10_000]);
        }));
        Assert.Contains("space", full.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(5, await Pool.RunAsync(static () => 5));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Exceptions_keep_their_types_and_messages()
    {
        FormatException format = await Assert.ThrowsAsync<FormatException>(() => Pool.RunAsync(static () => int.Parse("no number", null)));
        Assert.Contains("no number", format.Message, StringComparison.Ordinal);

        ArgumentOutOfRangeException range = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Pool.RunAsync(static () => ArgumentOutOfRangeException.ThrowIfNegative(-3, "count")));
        Assert.Contains("count", range.Message, StringComparison.Ordinal);

        Samples.OrderException order = await Assert.ThrowsAsync<Samples.OrderException>(
            () => Pool.RunAsync(static void () => throw new Samples.OrderException("order 7", new IOException("disk"))));
        Assert.Equal("order 7", order.Message);
        Assert.Equal("disk", Assert.IsType<IOException>(order.InnerException).Message);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Exceptions_of_asynchronous_work_keep_their_types()
    {
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => Pool.RunAsync(static async () =>
        {
            await Task.Yield();
            throw new InvalidOperationException("later");
        }));
        Assert.Equal("later", thrown.Message);

        AggregateException several = await Assert.ThrowsAsync<AggregateException>(() => Pool.RunAsync(
            static void () => throw new AggregateException("both", new FormatException("one"), new TimeoutException("two"))));
        Assert.Equal(["one", "two"], several.InnerExceptions.Select(inner => inner.Message));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Exceptions_without_the_usual_constructors_keep_their_types()
    {
        Samples.CodeException thrown = await Assert.ThrowsAsync<Samples.CodeException>(
            () => Pool.RunAsync(static void () => throw new Samples.CodeException(42)));
        Assert.Equal((42, "code 42"), (thrown.Code, thrown.Message));
        Assert.Contains(nameof(Exceptions_without_the_usual_constructors_keep_their_types), thrown.StackTrace, StringComparison.Ordinal);

        await Assert.ThrowsAnyAsync<JsonException>(() => Pool.RunAsync(static () => JsonDocument.Parse("{").RootElement.ValueKind));
        AggregateException many = await Assert.ThrowsAsync<AggregateException>(() => Pool.RunAsync(
            static void () => throw new AggregateException(Enumerable.Range(0, 1200).Select(static i => new FormatException($"{i}")))));
        Assert.Equal(1200, many.InnerExceptions.Count);
        AggregateException result = await Pool.RunAsync(static () => new AggregateException(Enumerable.Range(0, 1200).Select(static i => new FormatException($"{i}"))));
        Assert.Equal(1200, result.InnerExceptions.Count);
        Assert.Equal(3, await Pool.RunAsync(static () => 3));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_stack_of_the_work_is_kept()
    {
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => Pool.RunAsync(static () => Samples.ThrowDeep(3)));

        Assert.Contains(nameof(Samples.ThrowDeep), thrown.StackTrace, StringComparison.Ordinal);
        Assert.Contains(nameof(The_stack_of_the_work_is_kept), thrown.StackTrace, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Each_caller_gets_its_own_exception()
    {
        Task<int>[] calls = [.. Enumerable.Range(0, 20).Select(_ => Pool.RunAsync(static () => int.Parse("x", null)))];

        HashSet<Exception> seen = new(ReferenceEqualityComparer.Instance);
        foreach (Task<int> call in calls)
            Assert.True(seen.Add(await Assert.ThrowsAsync<FormatException>(() => call)));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_exception_whose_message_throws_is_an_exception_all_the_same()
    {
        // Not by Assert.Throws, which would ask for the message.
        Task work = Pool.RunAsync(static void () => throw new Samples.MuteException());
        await work.ContinueWith(static _ => { }, TaskScheduler.Default);
        Exception thrown = Assert.Single(work.Exception!.InnerExceptions);

        Assert.Contains(nameof(Samples.MuteException), thrown is RemoteWorkException remote ? remote.OriginalType : thrown.GetType().Name, StringComparison.Ordinal);
        Assert.Equal(1, await Pool.RunAsync(static () => 1));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_that_gives_no_task_fails_alone()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => Pool.RunAsync(static Task () => null!));
        await Assert.ThrowsAnyAsync<Exception>(() => Pool.RunAsync(static Task<int> (CancellationToken _) => null!));

        Assert.Equal(1, await Pool.RunAsync(static () => 1));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_that_is_cancelled_by_itself_is_cancelled()
    {
        Task thrown = Pool.RunAsync(static void () => throw new OperationCanceledException("enough"));
        Task awaited = Pool.RunAsync(static async () => await Task.FromCanceled(new CancellationToken(true)));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => thrown);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => awaited);
        Assert.True(thrown.IsCanceled);
        Assert.True(awaited.IsCanceled);
    }

    [Fact]
    public void Null_work_is_refused_by_name()
    {
        Assert.Equal("work", Assert.Throws<ArgumentNullException>(() => { _ = Pool.RunAsync((Action)null!); }).ParamName);
        Assert.Equal("work", Assert.Throws<ArgumentNullException>(() => { _ = Pool.MapAsync<int, int>([1], (Func<int, int>)null!); }).ParamName);
        Assert.Equal("source", Assert.Throws<ArgumentNullException>(() => { _ = Pool.MapAsync((IEnumerable<int>)null!, static i => i); }).ParamName);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_is_thrown_where_the_stack_is_short_keeps_its_type()
    {
        await Assert.ThrowsAsync<InsufficientExecutionStackException>(() => Pool.RunAsync(static () => Deep(0)));
        await Assert.ThrowsAsync<InsufficientExecutionStackException>(() => Pool.MapAsync([1, 2], static i => Deep(i)).ToListAsync());
        Assert.Equal(3, await Pool.RunAsync(static () => 3));

        // Few large frames: what is thrown passes through all of them.
        static int Deep(int depth)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            Span<byte> block = stackalloc byte[16 * 1024];
            block[depth % block.Length] = 1;
            return Deep(depth + 1) + block[0];
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_result_that_cannot_travel_is_named()
    {
        Assert.SkipUnless(Backend.CopiesValues, "On threads, results are the same objects.");

        WorkSerializationException single = await Assert.ThrowsAsync<WorkSerializationException>(() => Pool.RunAsync(static () => (1, File.OpenRead(SystemPaths.Null))));
        Assert.Equal("result.Item2", single.Path);
        WorkSerializationException later = await Assert.ThrowsAsync<WorkSerializationException>(() => Pool.RunAsync(static async () =>
        {
            await Task.Yield();
            return File.OpenRead(SystemPaths.Null);
        }));
        Assert.Equal("result", later.Path);
        WorkSerializationException mapped = await Assert.ThrowsAsync<WorkSerializationException>(
            () => Pool.MapAsync([1], static _ => File.OpenRead(SystemPaths.Null)).ToListAsync());
        Assert.Equal("result", mapped.Path);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Exceptions_of_the_pool_that_users_make_keep_their_properties()
    {
        var cause = new IOException("disk");

        WorkerCrashedException crashed = await ThrownAsync(() => new WorkerCrashedException("m", cause)
        {
            WorkItemName = "item",
            ProcessId = 7,
            ExitCode = 3,
            Attempt = 2,
            StandardErrorTail = "tail",
            ManagedStack = "stack",
            IsOutOfMemorySuspected = true,
            DumpPath = "/dump",
        });
        Assert.Equal(
            ("m", "disk", "item", 7, 3, null, 2, "tail", "stack", true, "/dump"),
            (crashed.Message, crashed.InnerException?.Message, crashed.WorkItemName, crashed.ProcessId, crashed.ExitCode, crashed.Signal, crashed.Attempt,
                crashed.StandardErrorTail, crashed.ManagedStack, crashed.IsOutOfMemorySuspected, crashed.DumpPath));

        WorkTimeoutException late = await ThrownAsync(() => new WorkTimeoutException("m", cause)
        {
            WorkItemName = "item",
            Limit = TimeSpan.FromSeconds(1),
            Elapsed = TimeSpan.FromSeconds(2),
            HasStarted = true,
            WorkerStack = "stack",
        });
        Assert.Equal(
            ("m", "item", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), true, "stack"),
            (late.Message, late.WorkItemName, late.Limit, late.Elapsed, late.HasStarted, late.WorkerStack));

        WorkMemoryException memory = await ThrownAsync(() => new WorkMemoryException("m", cause) { WorkItemName = "item", Limit = 5 });
        Assert.Equal(("m", "disk", "item", 5L), (memory.Message, memory.InnerException?.Message, memory.WorkItemName, memory.Limit));
        QueueFullException full = await ThrownAsync(() => new QueueFullException("m", cause) { WorkItemName = "item", Capacity = 9 });
        Assert.Equal(("m", "item", 9), (full.Message, full.WorkItemName, full.Capacity));
        WorkerStartException start = await ThrownAsync(() => new WorkerStartException("m", cause) { WorkItemName = "item" });
        Assert.Equal(("m", "disk", "item"), (start.Message, start.InnerException?.Message, start.WorkItemName));
        WorkSerializationException refused = await ThrownAsync(() => new WorkSerializationException("m", "a.b", cause) { WorkItemName = "item" });
        Assert.Equal(("'a.b' cannot travel: m", "a.b", "item"), (refused.Message, refused.Path, refused.WorkItemName));
        RemoteWorkException remote = await ThrownAsync(() => new RemoteWorkException("m", cause) { OriginalType = "A.B", RemoteStackTrace = "there" });
        Assert.Equal(("m", "A.B"), (remote.Message, remote.OriginalType));

        // The constructor of each runs in the worker.
        async Task<T> ThrownAsync<T>(Func<T> make)
            where T : WorkException => await Assert.ThrowsAsync<T>(() => Pool.RunAsync(void () => throw make()));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_error_says_which_item_it_belongs_to()
    {
        Assert.SkipUnless(Backend.CopiesValues, "On threads, values need not travel.");
        var named = new WorkOptions { Name = "the named one" };
        using FileStream file = File.OpenRead(SystemPaths.Null);

        Assert.Equal("the named one", (await Assert.ThrowsAsync<WorkSerializationException>(() => Pool.RunAsync(() => file.Length, named))).WorkItemName);
        Assert.Equal("the named one", (await Assert.ThrowsAsync<WorkSerializationException>(() => Pool.RunAsync(static () => File.OpenRead(SystemPaths.Null), named))).WorkItemName);
        Assert.Equal(
            "element[1]",
            (await Assert.ThrowsAsync<WorkSerializationException>(
                () => Pool.MapAsync<int, object>([0, 1], static i => i == 0 ? i : File.OpenRead(SystemPaths.Null), new MapOptions { Name = "element" }).ToListAsync())).WorkItemName);
    }
}
