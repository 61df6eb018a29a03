using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <content>A pool that nothing refers to any more ends by itself, and not before.</content>
public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_forgotten_pool_is_collected_and_its_workers_end()
    {
        (WeakReference pool, WeakReference engine) = await UseAndForgetAsync(static _ => { });

        await CollectedAsync(pool);
        await CollectedAsync(engine); // its threads, or what watches its processes, are gone: they would hold it
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Handlers_do_not_hold_a_forgotten_pool()
    {
        (WeakReference pool, WeakReference engine) = await UseAndForgetAsync(static pool => pool.WorkerChanged += (_, _) => pool.Snapshot());

        await CollectedAsync(pool);
        await CollectedAsync(engine);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Finished_work_does_not_hold_the_pool_that_it_captured()
    {
        if (Backend.CopiesValues)
            return; // it cannot capture a pool

        (WeakReference pool, WeakReference engine) = await CaptureAsync();

        await CollectedAsync(pool);
        await CollectedAsync(engine);

        [MethodImpl(MethodImplOptions.NoInlining)]
        async Task<(WeakReference, WeakReference)> CaptureAsync()
        {
            WorkerPool pool = Backend.Create(1);
            Assert.Equal(Backend.Isolation, await pool.RunAsync(() => pool.Isolation));
            return (new WeakReference(pool), new WeakReference(pool.Engine));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_forgotten_pool_that_was_never_used_is_collected()
    {
        (WeakReference pool, WeakReference engine) = Make();

        await CollectedAsync(pool);
        await CollectedAsync(engine);

        [MethodImpl(MethodImplOptions.NoInlining)]
        (WeakReference, WeakReference) Make()
        {
            WorkerPool pool = Backend.Create(1);
            return (new WeakReference(pool), new WeakReference(pool.Engine));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Calls_of_a_forgotten_pool_are_finished()
    {
        Gate started = NewGate(), gate = NewGate();
        Trail trail = NewTrail();
        (Task[] calls, WeakReference pool) = await SubmitAsync();
        await CollectedAsync(pool);
        Assert.DoesNotContain(calls, static call => call.IsCompleted);
        gate.Open();

        await Task.WhenAll(calls);
        Assert.Equal(10, trail.Count);

        [MethodImpl(MethodImplOptions.NoInlining)]
        async Task<(Task[], WeakReference)> SubmitAsync()
        {
            WorkerPool pool = Backend.Create(1);
            Task running = pool.RunAsync(() =>
            {
                started.Open();
                gate.Pass();
            });
            await started.OpenedAsync();
            Task[] calls = new Task[11];
            calls[0] = running;
            for (int i = 1; i < calls.Length; i++)
                calls[i] = pool.RunAsync(static (to, _) => to.Trail.Add(to.Number), (Trail: trail, Number: i)); // captures nothing, so not the pool

            return (calls, new WeakReference(pool));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_map_holds_its_pool()
    {
        var channel = Channel.CreateUnbounded<int>();
        IAsyncEnumerator<int> map = Backend.Create(1).MapAsync(channel.Reader.ReadAllAsync(), static i => i + 1).GetAsyncEnumerator();
        for (int i = 0; i < 5; i++)
        {
            ValueTask<bool> next = map.MoveNextAsync();
            Collect();
            channel.Writer.TryWrite(i);
            Assert.True(await next);
            Assert.Equal(i + 1, map.Current);
            Collect();
        }

        channel.Writer.Complete();
        Assert.False(await map.MoveNextAsync());
        await map.DisposeAsync();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_map_that_was_forgotten_holds_nothing()
    {
        (WeakReference pool, WeakReference engine) = await StartAndForgetAsync();

        await CollectedAsync(pool);
        await CollectedAsync(engine);

        [MethodImpl(MethodImplOptions.NoInlining)]
        async Task<(WeakReference, WeakReference)> StartAndForgetAsync()
        {
            WorkerPool pool = Backend.Create(1);
            IAsyncEnumerator<int> map = pool.MapAsync((IEnumerable<int>)new WatchedSource<int>(static i => i), static i => i).GetAsyncEnumerator();
            Assert.True(await map.MoveNextAsync());
            return (new WeakReference(pool), new WeakReference(pool.Engine));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<(WeakReference Pool, WeakReference Engine)> UseAndForgetAsync(Action<WorkerPool> prepare)
    {
        WorkerPool pool = Backend.Create(2);
        prepare(pool);
        await pool.RunAsync(static () => 1);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => pool.RunAsync(static (number, _) => number, i)));
        return (new WeakReference(pool), new WeakReference(pool.Engine));
    }

    private static Task CollectedAsync(WeakReference reference) => Eventually.Async(() =>
    {
        Collect();
        return !reference.IsAlive;
    });

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
