using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <content>Whoever awaits a call gets what <see cref="Task.Run(Action)"/> would give: the same result, the same exception.</content>
public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_cancellation_that_the_work_threw_arrives_with_its_cause()
    {
        await SameActionAsync(static void () => throw new TaskCanceledException("time-out", new TimeoutException("30 s")));
        await SameActionAsync(static void () => throw new OperationCanceledException("enough"));
        await SameAsync(static async () =>
        {
            await Task.Yield();
            throw new OperationCanceledException("later", new IOException("i"), new CancellationToken(true));
        });
        await SameAsync(static () => Task.FromCanceled(new CancellationToken(true)));
        await SameAsync(static async () =>
        {
            using var stop = new CancellationTokenSource();
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, stop.Token);
        });
        await SameAsync(static () => Task.FromException(new Samples.SpecialCancellation(7)));

        async Task SameAsync(Func<Task> work)
        {
            Exception expected = await Assert.ThrowsAnyAsync<Exception>(() => Task.Run(work));
            Exception actual = await Assert.ThrowsAnyAsync<Exception>(() => Pool.RunAsync(work));
            Compare(expected, actual);
            Task canceled = Pool.RunAsync(work);
            await Assert.ThrowsAnyAsync<Exception>(() => canceled);
            Assert.True(canceled.IsCanceled);
        }
    }

    private async Task SameActionAsync(Action work)
    {
        Exception expected = await Assert.ThrowsAnyAsync<Exception>(() => Task.Run(work));
        Compare(expected, await Assert.ThrowsAnyAsync<Exception>(() => Pool.RunAsync(work)));
    }

    private static void Compare(Exception expected, Exception actual)
    {
        Assert.Equal(expected.GetType(), actual.GetType());
        Assert.Equal(expected.Message, actual.Message);
        Assert.Equal(expected.InnerException?.GetType(), actual.InnerException?.GetType());
        Assert.Equal(expected.InnerException?.Message, actual.InnerException?.Message);
        Assert.Equal(expected.HResult, actual.HResult);
        if (expected is OperationCanceledException { CancellationToken: var token })
            Assert.Equal(token.IsCancellationRequested, ((OperationCanceledException)actual).CancellationToken.IsCancellationRequested);
        if (expected is Samples.SpecialCancellation special)
            Assert.Equal(special.Code, ((Samples.SpecialCancellation)actual).Code);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_cancellation_names_the_callers_token()
    {
        using var source = new CancellationTokenSource();
        using var captured = new CancellationTokenSource();
        CancellationToken other = captured.Token;
        Gate started = NewGate(), again = NewGate();

        Task own = Pool.RunAsync(
            token =>
            {
                started.Open();
                token.WaitHandle.WaitOne(Limits.Condition);
                throw new TaskCanceledException("mine", new IOException("cause"), token);
            },
            cancellationToken: source.Token);
        await started.OpenedAsync();
        await source.CancelAsync();
        var thrown = await Assert.ThrowsAsync<TaskCanceledException>(() => own);
        Assert.Equal(source.Token, thrown.CancellationToken);
        Assert.Equal("mine", thrown.Message);
        Assert.IsType<IOException>(thrown.InnerException);

        Task by = Pool.RunAsync(() =>
        {
            again.Open();
            other.WaitHandle.WaitOne(Limits.Condition);
            other.ThrowIfCancellationRequested();
        });
        await again.OpenedAsync();
        await captured.CancelAsync();
        Assert.Equal(other, (await Assert.ThrowsAsync<OperationCanceledException>(() => by)).CancellationToken);
        Assert.True(by.IsCanceled);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Value_tasks_are_awaited()
    {
        int two = 2;
        Assert.Equal(3, await Pool.RunAsync(static () => Later(3)));
        Assert.Equal(2, await Pool.RunAsync(() => new ValueTask<int>(two)));
        Assert.Equal(4, await Pool.RunAsync((CancellationToken _) => Later(2 * two)));
        await Pool.RunAsync(static () => default(ValueTask));
        await Pool.RunAsync(static (_, _) => default(ValueTask), "x");
        Assert.Equal("x", await Pool.RunAsync(static (text, _) => LaterText(text), "x"));
        // As a result, which is what other languages may make of it.
        Assert.Equal(3, await await Pool.RunAsync<ValueTask<int>>(static () => Later(3)));
        await await Pool.RunAsync<ValueTask>(static () => default(ValueTask));
        await Assert.ThrowsAsync<FormatException>(() => Pool.RunAsync(static () => Fails()));
        await Assert.ThrowsAsync<FormatException>(() => Pool.RunAsync(static (CancellationToken _) => FailsWithoutResult()));

        List<int> results = [];
        await foreach (int result in Pool.MapAsync([1, 2, 3], static i => Later(i)))
            results.Add(result);
        await foreach (WorkResult<int> result in Pool.MapResultsAsync([4], static (i, _) => Later(i)))
            results.Add(result.Value);
        Assert.Equal([1, 2, 3, 4], results);
        await Pool.ForEachAsync([1, 2], static i => new ValueTask(Task.Delay(i)));
        await Assert.ThrowsAsync<FormatException>(() => Pool.ForEachAsync([1, 2], static (_, _) => FailsWithoutResult()));

        static async ValueTask<int> Later(int value)
        {
            await Task.Delay(1);
            return value;
        }

        static async ValueTask<string> LaterText(string text)
        {
            await Task.Yield();
            return text;
        }

        static async ValueTask<int> Fails()
        {
            await Task.Yield();
            throw new FormatException("f");
        }

        static async ValueTask FailsWithoutResult()
        {
            await Task.Yield();
            throw new FormatException("f");
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_value_that_cannot_be_rebuilt_fails_its_call_and_no_other()
    {
        Assert.SkipUnless(Backend.HasProcesses, "What can be rebuilt here can be rebuilt on a thread.");
        await using WorkerPool pool = Backend.Create(1);
        int worker = await pool.RunAsync(static () => Environment.ProcessId);
        var good = new Dictionary<Samples.PickyKey, int> { [new(1)] = 1 };
        var badThere = new Dictionary<Samples.PickyKey, int> { [new(Environment.ProcessId)] = 1 };

        WorkSerializationException captured = await Assert.ThrowsAsync<WorkSerializationException>(() => pool.RunAsync(() => badThere.Count));
        Assert.Equal("badThere", captured.Path);
        Assert.Contains("captured value", captured.Message, StringComparison.Ordinal);
        Assert.Contains("picky", captured.Message, StringComparison.Ordinal);

        WorkSerializationException argument = await Assert.ThrowsAsync<WorkSerializationException>(() => pool.RunAsync(static (map, _) => map.Count, badThere));
        Assert.StartsWith("argument", argument.Path, StringComparison.Ordinal);
        Assert.Contains("argument could not be rebuilt in the worker", argument.Message, StringComparison.Ordinal);

        WorkSerializationException result = await Assert.ThrowsAsync<WorkSerializationException>(
            () => pool.RunAsync(static () => new Dictionary<Samples.PickyKey, int> { [new(Environment.ProcessId)] = 1 }));
        Assert.StartsWith("result", result.Path, StringComparison.Ordinal);
        Assert.Contains("result could not be rebuilt in the calling process", result.Message, StringComparison.Ordinal);
        Samples.Here.IsParent = true;
        WorkSerializationException type = await Assert.ThrowsAsync<WorkSerializationException>(() => pool.RunAsync(static () => new Samples.OnlyInWorkers()));
        Assert.Contains("only in workers", type.ToString(), StringComparison.Ordinal);

        // In maps, only that item fails.
        int[] owners = [0, Environment.ProcessId, 0];
        var maps = owners.Select(owner => new Dictionary<Samples.PickyKey, int> { [new(owner)] = 5 });
        List<WorkResult<int>> counts = await pool.MapResultsAsync(maps, static map => map.Count).ToListAsync();
        Assert.Equal([true, false, true], counts.Select(c => c.Succeeded));
        Assert.IsType<WorkSerializationException>(counts[1].Error);
        var back = await pool.MapResultsAsync([0, 1, 0], static i => new Dictionary<Samples.PickyKey, int> { [new(i * Environment.ProcessId)] = 5 }).ToListAsync();
        Assert.Equal([true, false, true], back.Select(b => b.Succeeded));
        Assert.Contains("result", Assert.IsType<WorkSerializationException>(back[1].Error).Message, StringComparison.Ordinal);

        // A report, and a state.
        IProgress<Samples.OnlyInWorkers> progress = new Progress<Samples.OnlyInWorkers>();
        await Assert.ThrowsAsync<WorkSerializationException>(() => pool.RunAsync(() => progress.Report(new Samples.OnlyInWorkers())));
        await using WorkerPool<int> states = Backend.Create(Backend.Options(1), () => badThere.Count);
        WorkerStartException start = await Assert.ThrowsAsync<WorkerStartException>(() => states.RunAsync(static state => state));
        Assert.Contains("picky", start.ToString(), StringComparison.Ordinal);

        Assert.Equal(1, await pool.RunAsync(() => good.Count));
        Assert.Equal(worker, await pool.RunAsync(static () => Environment.ProcessId));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_receiver_of_progress_that_throws_fails_the_call_that_reports()
    {
        IProgress<int> progress = new Samples.Grumbler();
        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => Pool.RunAsync(() =>
        {
            progress.Report(1);
            return 1;
        }));
        Assert.Equal("no reports please", error.Message);
        await Assert.ThrowsAsync<NotSupportedException>(() => Pool.RunAsync(() => progress.Report(1)));
        Assert.Equal(2, await Pool.RunAsync(static () => 2));
    }
}
