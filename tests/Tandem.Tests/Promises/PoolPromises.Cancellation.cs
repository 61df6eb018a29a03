using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_call_with_a_cancelled_token_never_runs()
    {
        Trail trail = NewTrail();

        Task call = Pool.RunAsync(() => trail.Add("ran"), cancellationToken: new CancellationToken(true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(call.IsCanceled);
        Assert.Equal(0, trail.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_item_that_is_cancelled_while_it_waits_never_runs()
    {
        Gate started = NewGate(), gate = NewGate();
        Trail trail = NewTrail();
        using var source = new CancellationTokenSource();
        await using WorkerPool pool = Backend.Create(1);

        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        Task[] waiting = [.. Enumerable.Range(0, 300).Select(i => pool.RunAsync(() => trail.Add(i), cancellationToken: source.Token))];
        await source.CancelAsync();

        foreach (Task call in waiting)
        {
            OperationCanceledException canceled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            Assert.Equal(source.Token, canceled.CancellationToken);
            Assert.True(call.IsCanceled);
        }

        Assert.False(running.IsCompleted);
        gate.Open();
        await running;
        await pool.RunAsync(() => trail.Add("after"));
        Assert.Equal(["after"], trail.Names);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_item_that_is_cancelled_while_it_runs_sees_its_token()
    {
        Gate started = NewGate();
        using var source = new CancellationTokenSource();

        Task<string> call = Pool.RunAsync(
            token =>
            {
                started.Open();
                token.WaitHandle.WaitOne(Limits.Condition);
                token.ThrowIfCancellationRequested();
                return "not seen";
            },
            cancellationToken: source.Token);
        await started.OpenedAsync();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(call.IsCanceled);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Asynchronous_work_sees_its_token()
    {
        Gate started = NewGate();
        using var source = new CancellationTokenSource();

        Task call = Pool.RunAsync(
            async token =>
            {
                started.Open();
                await Task.Delay(Timeout.Infinite, token);
            },
            cancellationToken: source.Token);
        await started.OpenedAsync();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(call.IsCanceled);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_item_that_ends_in_spite_of_its_token_keeps_its_result()
    {
        Gate started = NewGate();
        using var source = new CancellationTokenSource();

        Task<int> call = Pool.RunAsync(
            token =>
            {
                started.Open();
                token.WaitHandle.WaitOne(Limits.Condition);
                return 5;
            },
            cancellationToken: source.Token);
        await started.OpenedAsync();
        await source.CancelAsync();

        Assert.Equal(5, await call);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_token_that_was_cancelled_before_the_call_is_the_one_that_the_exception_names()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        CancellationToken token = source.Token;
        CancellationToken ofNoSource = new(true);
        Assert.Equal(token, (await Assert.ThrowsAsync<OperationCanceledException>(
            () => Pool.RunAsync(() => token.ThrowIfCancellationRequested()))).CancellationToken);
        Assert.Equal(token, (await Assert.ThrowsAsync<OperationCanceledException>(
            () => Pool.RunAsync(static (t, _) => t.ThrowIfCancellationRequested(), token))).CancellationToken);
        Assert.Equal(ofNoSource, (await Assert.ThrowsAsync<OperationCanceledException>(
            () => Pool.RunAsync(() => ofNoSource.ThrowIfCancellationRequested()))).CancellationToken);

        CancellationToken same = token;
        Assert.True(await Pool.RunAsync(() => token.IsCancellationRequested && token == same && ofNoSource == new CancellationToken(true)));
        Assert.Equal((List<bool>)[true], await Pool.MapAsync(["a"], _ => token.IsCancellationRequested && token == same).ToListAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Cancelling_one_item_does_not_touch_its_neighbours()
    {
        Gate started = NewGate(), other = NewGate(), gate = NewGate();
        using var source = new CancellationTokenSource();
        using var otherSource = new CancellationTokenSource();

        Task call = Pool.RunAsync(
            token =>
            {
                started.Open();
                token.WaitHandle.WaitOne(Limits.Condition);
                token.ThrowIfCancellationRequested();
            },
            cancellationToken: source.Token);
        Task<bool> neighbour = Pool.RunAsync(
            token =>
            {
                other.Open();
                gate.Pass();
                return token.IsCancellationRequested;
            },
            cancellationToken: otherSource.Token);
        await Task.WhenAll(started.OpenedAsync(), other.OpenedAsync());
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        gate.Open();

        Assert.False(await neighbour);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_process_that_ignores_its_token_is_killed_after_the_grace()
    {
        Assert.SkipUnless(Backend.CanKill, "A thread cannot be killed.");
        Gate started = NewGate(), gate = NewGate(), other = NewGate();
        using var source = new CancellationTokenSource();
        await using WorkerPool pool = Backend.Create(2, options => options.CancellationGrace = TimeSpan.FromMilliseconds(100));

        Task<int> neighbour = pool.RunAsync(() =>
        {
            other.Open();
            gate.Pass();
            return Environment.ProcessId;
        });
        await other.OpenedAsync();
        Task stubborn = pool.RunAsync(
            () =>
            {
                File.WriteAllText(started.Path + ".tmp", $"{Environment.ProcessId}");
                File.Move(started.Path + ".tmp", started.Path);
                Thread.Sleep(Timeout.Infinite);
            },
            cancellationToken: source.Token);
        await started.OpenedAsync();
        int pid = int.Parse(await File.ReadAllTextAsync(started.Path, CancellationToken.None), null);
        await source.CancelAsync();

        OperationCanceledException canceled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stubborn);
        Assert.Equal(source.Token, canceled.CancellationToken);
        Assert.False(ProcFs.IsAlive(pid)); // reported only once the exit is confirmed
        gate.Open();
        Assert.NotEqual(pid, await neighbour);
        Assert.Equal(3, await pool.RunAsync(static () => 3));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_that_waits_behind_a_stubborn_item_runs_elsewhere()
    {
        Assert.SkipUnless(Backend.CanKill, "A thread cannot be killed.");
        Gate started = NewGate();
        using var source = new CancellationTokenSource();
        await using WorkerPool pool = Backend.Create(1, options => options.CancellationGrace = TimeSpan.FromMilliseconds(50));

        Task stubborn = pool.RunAsync(
            () =>
            {
                started.Open();
                Thread.Sleep(Timeout.Infinite);
            },
            cancellationToken: source.Token);
        await started.OpenedAsync();
        Task<int>[] waiting = [.. Enumerable.Range(0, 50).Select(i => pool.RunAsync(static (number, _) => number, i))];
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stubborn);
        int[] results = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(0, 50), results);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Tokens_that_are_cancelled_at_any_moment_leave_the_pool_usable()
    {
        for (int round = 0; round < 60; round++)
        {
            using var source = new CancellationTokenSource();
            Task<int>[] calls = [.. Enumerable.Range(0, 20).Select(i => Pool.RunAsync(static (number, token) => token.IsCancellationRequested ? -1 : number, i, cancellationToken: source.Token))];
            Thread.SpinWait(round * 200);
            await source.CancelAsync();
            for (int i = 0; i < calls.Length; i++)
            {
                try
                {
                    Assert.Contains(await calls[i], new[] { i, -1 });
                }
                catch (OperationCanceledException)
                {
                    Assert.True(calls[i].IsCanceled);
                }
            }
        }

        Assert.Equal(3, await Pool.RunAsync(static () => 3));
    }
}
