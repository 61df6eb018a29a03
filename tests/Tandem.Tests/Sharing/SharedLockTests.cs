using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Sharing;

/// <summary>One owner at a time, on every backend.</summary>
public abstract class SharedLockPromises(Backend backend)
{
    private Isolation Isolation => backend.Isolation;

    [Fact(Timeout = Limits.Test)]
    public async Task What_it_guards_is_never_changed_by_two()
    {
        using var gate = new SharedLock(Isolation);
        using var table = new SharedArray<long>(2, Isolation);
        Task[] work =
        [
            .. Enumerable.Range(0, 4).Select(_ => backend.Pool.RunAsync(() =>
            {
                for (int i = 0; i < 5_000; i++)
                {
                    using (gate.Enter())
                        table[0]++;
                }
            })),
            .. Enumerable.Range(0, 4).Select(_ => backend.Pool.RunAsync(async token =>
            {
                for (int i = 0; i < 500; i++)
                {
                    using (await gate.EnterAsync(token))
                    {
                        long value = table[0];
                        await Task.Yield();
                        table[0] = value + 1;
                    }
                }
            })),
        ];
        for (int i = 0; i < 5_000; i++)
        {
            using (gate.Enter())
                table[0]++;
        }

        await Task.WhenAll(work);
        Assert.Equal(27_000, table[0]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Who_waits_can_give_up()
    {
        using var gate = new SharedLock(Isolation);
        SharedLock.Scope scope = gate.Enter();
        Assert.False(gate.TryEnter(TimeSpan.Zero, out _));
        Assert.False(gate.TryEnter(TimeSpan.FromMilliseconds(20), out SharedLock.Scope none));
        none.Dispose();
        using var source = new CancellationTokenSource();
        Task<SharedLock.Scope> waiting = gate.EnterAsync(source.Token).AsTask();
        Task<SharedLock.Scope> patient = gate.EnterAsync().AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(patient.IsCompleted);

        scope.Dispose();
        scope.Dispose();
        (await patient).Dispose();
        scope.Dispose();
        Assert.True(gate.TryEnter(TimeSpan.FromSeconds(30), out scope));
        scope.Dispose();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_waiter_gets_it_although_others_never_stop_taking_it()
    {
        using var gate = new SharedLock(Isolation);
        using var stop = new SharedCounter(0, Isolation);
        Task greedy = backend.Pool.RunAsync(() =>
        {
            while (stop.Value == 0)
            {
                using (gate.Enter())
                    Thread.SpinWait(100);
            }
        });
        for (int i = 0; i < 50; i++)
            (await gate.EnterAsync()).Dispose();
        stop.Increment();
        await greedy;
    }

    [Fact]
    public void After_disposal_it_says_so()
    {
        var gate = new SharedLock(Isolation);
        SharedLock.Scope scope = gate.Enter();
        gate.Dispose();
        gate.Dispose();
        scope.Dispose();
        Assert.Throws<ObjectDisposedException>(() => gate.Enter());
    }
}

public sealed class SharedLockOnThreads(ThreadBackend backend) : SharedLockPromises(backend), IClassFixture<ThreadBackend>;

public sealed class SharedLockOverRings(SharedMemoryBackend backend) : SharedLockPromises(backend), IClassFixture<SharedMemoryBackend>
{
    private readonly SharedMemoryBackend _backend = backend;

    [Fact(Timeout = Limits.Test)]
    public async Task Everybody_is_told_of_an_owner_that_died_until_somebody_accepts_it()
    {
        using var gate = new SharedLock();
        await Assert.ThrowsAsync<WorkerCrashedException>(() => _backend.Pool.RunAsync(() =>
        {
            _ = gate.Enter();
            Deaths.Die(Death.Killed);
        }));

        Assert.Throws<AbandonedMutexException>(() => gate.Enter());
        Assert.Throws<AbandonedMutexException>(() => gate.TryEnter(TimeSpan.Zero, out _));
        await Assert.ThrowsAsync<AbandonedMutexException>(() => gate.EnterAsync().AsTask());
        await Assert.ThrowsAsync<AbandonedMutexException>(() => _backend.Pool.RunAsync(() => gate.Enter().Dispose()));
        using (SharedLock.Scope scope = gate.Enter(acceptAbandoned: true))
            Assert.True(scope.WasAbandoned);
        using (SharedLock.Scope scope = gate.Enter())
            Assert.False(scope.WasAbandoned);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Waiters_are_woken_by_the_death_of_the_owner()
    {
        using var gate = new SharedLock();
        using var owned = new SharedCounter();
        Task owner = _backend.Pool.RunAsync(() =>
        {
            _ = gate.Enter();
            owned.Increment();
            Eventually.Blocking(() => owned.Value == 2);
            Deaths.Die(Death.Killed);
        });
        await Eventually.Async(() => owned.Value == 1);
        Task<SharedLock.Scope>[] waiting = [gate.EnterAsync().AsTask(), Task.Run(() => gate.Enter()), Task.Run(() => gate.Enter())];
        owned.Increment();
        await Assert.ThrowsAsync<WorkerCrashedException>(() => owner);
        foreach (Task<SharedLock.Scope> waiter in waiting)
            await Assert.ThrowsAsync<AbandonedMutexException>(() => waiter);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Deaths_are_noticed_beyond_the_entries_that_the_kernel_walks_for_one_thread()
    {
        SharedLock[] gates = [.. Enumerable.Range(0, 2_100).Select(static _ => new SharedLock())];
        await Assert.ThrowsAsync<WorkerCrashedException>(() => _backend.Pool.RunAsync(() =>
        {
            foreach (SharedLock gate in gates)
                _ = gate.Enter();
            Deaths.Die(Death.Killed);
        }));

        foreach (SharedLock gate in gates)
        {
            Assert.Throws<AbandonedMutexException>(() => gate.Enter());
            gate.Dispose();
        }
    }

    [Fact(Timeout = Limits.Test)]
    public void A_scope_that_was_forgotten_is_like_an_owner_that_died()
    {
        using var gate = new SharedLock();
        Forget(Tandem.Sharing.SharedSegment.Open(((Tandem.Sharing.ISharedObject)gate).Segment!.Reference()));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Throws<AbandonedMutexException>(() => gate.Enter());

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Forget(Tandem.Sharing.SharedSegment segment) => Open<SharedLock>(segment).Enter();

        static T Open<T>(Tandem.Sharing.SharedSegment segment)
            where T : class, Tandem.Sharing.ISharedObject<T> => T.Open(segment);
    }
}

public sealed class SharedLockOverPipes(PortableBackend backend) : SharedLockPromises(backend), IClassFixture<PortableBackend>;
