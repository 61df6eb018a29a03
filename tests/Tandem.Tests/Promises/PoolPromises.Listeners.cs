using System.Diagnostics;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <summary>A listener is user code: it may ask the pool, on whatever thread, and wait for the answer.</summary>
public abstract partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_listener_may_wait_for_the_pool_whatever_became_of_the_item()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        WorkerPool pool = await CreateListenedAsync("asked", workers: 1);
        using var listener = new AskingListener(NameOf("asked"), () => pool.Snapshot());
        using var cancelled = new CancellationTokenSource();

        await pool.RunAsync(static () => 1);
        await Assert.ThrowsAsync<FormatException>(() => pool.RunAsync(static () => int.Parse("x", null)));
        await pool.MapAsync(Enumerable.Range(0, 100), static i => i).ToListAsync();
        Task first = await OccupyAsync(pool, scratch, gate);
        Task given = pool.RunAsync(static () => { }, cancellationToken: cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await Assert.ThrowsAsync<WorkTimeoutException>(() => pool.RunAsync(static () => { }, new WorkOptions { Limits = new() { QueueTimeout = Short } }));
        Task waiting = pool.RunAsync(static () => { });
        Task stopped = pool.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        gate.Open();
        await Task.WhenAll(first, stopped);

        Assert.Equal(0, listener.Unanswered);
        Assert.InRange(listener.Answers, 7, int.MaxValue);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_listener_may_wait_for_the_pool_while_items_wait_for_a_place_in_its_queue()
    {
        await using WorkerPool pool = Backend.Create(2, options =>
        {
            options.Name = NameOf("bounded");
            options.StartEagerly = true;
            options.QueueCapacity = 1;
        });
        await Eventually.Async(static () => Telemetry.Instruments.Present is not null);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pool.RunAsync(static () => 1)));
        using var listener = new AskingListener(NameOf("bounded"), () => pool.Snapshot());
        using var caller = new Activity("caller"); // all items of a trace are observed, and not only some
        caller.Start();

        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => pool.RunAsync(static () => 1)));

        await Eventually.Async(() => listener.Answers + listener.Unanswered == 300);
        Assert.Equal(0, listener.Unanswered);
    }

    /// <summary>The state of a trace goes to the worker ahead of the item, and this one does not fit into any frame.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task A_listener_may_wait_for_the_pool_when_an_item_could_not_be_sent()
    {
        await using WorkerPool pool = await CreateListenedAsync("unsent", workers: 1);
        await pool.RunAsync(static () => 1);
        using var listener = new AskingListener(NameOf("unsent"), () => pool.Snapshot());
        using var caller = new Activity("caller") { TraceStateString = $"vendor={new string('x', 4 << 20)}" };
        caller.Start();
        Task item = pool.RunAsync(static () => 1);
        caller.Stop();

        await Task.WhenAny(item); // fails where it is sent in a frame of limited size
        _ = item.Exception;
        await Eventually.Async(() => listener.Answers + listener.Unanswered == 1);
        Assert.Equal(0, listener.Unanswered);
        Assert.Equal(1, await pool.RunAsync(static () => 1));
    }
}
