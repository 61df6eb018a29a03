using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <content>A source that has nothing more to give for now must not hide errors, cancellation, the consumer's leaving, or the pool's end.</content>
public partial class PoolPromises
{
    /// <summary>How an idle source waits.</summary>
    public enum Idle
    {
        /// <summary>A channel, which heeds its token.</summary>
        Channel,

        /// <summary>Asynchronous, and ignores its token.</summary>
        Deaf,

        /// <summary>Synchronous, and blocked.</summary>
        Blocked,

        /// <summary>A blocking collection, which knows of no token.</summary>
        Collection,
    }

    public static TheoryData<Idle, bool> IdleSources => new(
        from idle in Enum.GetValues<Idle>()
        from ordered in (bool[])[true, false]
        select (idle, ordered));

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(IdleSources))]
    public async Task An_error_is_thrown_although_the_source_is_idle(Idle idle, bool ordered)
    {
        using var source = new IdleSource(idle, 3);
        await using WorkerPool pool = CreateImpatient();
        var options = new MapOptions { Ordered = ordered };
        List<int> seen = [];

        InvalidOperationException mapped = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (int i in source.Map(pool, static i => i == 1 ? throw new InvalidOperationException("item 1") : i, options))
                seen.Add(i);
        });

        Assert.Equal("item 1", mapped.Message);
        if (ordered)
            Assert.Equal([0], seen);
        Assert.Equal(1, await pool.RunAsync(static () => 1));
        await source.EndsAsync();
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(Idle.Channel)]
    [InlineData(Idle.Deaf)]
    [InlineData(Idle.Blocked)]
    [InlineData(Idle.Collection)]
    public async Task ForEach_throws_although_the_source_is_idle(Idle idle)
    {
        using var source = new IdleSource(idle, 3);
        await using WorkerPool pool = CreateImpatient();

        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => source.Asynchronous is { } asynchronous
            ? pool.ForEachAsync(asynchronous, static i => Refuse(i))
            : pool.ForEachAsync(source.Synchronous!, static i => Refuse(i)));

        Assert.Equal("item 1", thrown.Message);
        await source.EndsAsync();

        static void Refuse(int item)
        {
            if (item == 1)
                throw new InvalidOperationException("item 1");
        }
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(IdleSources))]
    public async Task Leaving_ends_although_the_source_is_idle(Idle idle, bool ordered)
    {
        using var source = new IdleSource(idle, 3);
        await using WorkerPool pool = CreateImpatient();

        await foreach (int _ in source.Map(pool, static i => i, new MapOptions { Ordered = ordered }))
            break;

        await source.EndsAsync();
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(IdleSources))]
    public async Task A_token_ends_a_map_although_the_source_is_idle(Idle idle, bool ordered)
    {
        using var source = new IdleSource(idle, 3);
        await using WorkerPool pool = CreateImpatient();
        using var cancellation = new CancellationTokenSource();
        int seen = 0;

        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (int _ in source.Map(pool, static i => i, new MapOptions { Ordered = ordered }, cancellation.Token))
            {
                if (++seen == 3)
                    await cancellation.CancelAsync();
            }
        });

        Assert.Equal(cancellation.Token, thrown.CancellationToken);
        await source.EndsAsync();
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(IdleSources))]
    public async Task The_end_of_the_pool_ends_a_map_although_the_source_is_idle(Idle idle, bool ordered)
    {
        foreach (Func<WorkerPool, Task> end in (Func<WorkerPool, Task>[])[p => p.StopAsync(), p => p.DisposeAsync().AsTask(), p => p.DrainAsync()])
        {
            using var source = new IdleSource(idle, 3);
            WorkerPool pool = CreateImpatient();
            var all = new TaskCompletionSource();
            List<int> seen = [];
            Task map = Assert.ThrowsAsync<ObjectDisposedException>(async () =>
            {
                await foreach (int i in source.Map(pool, static i => i, new MapOptions { Ordered = ordered }))
                {
                    seen.Add(i);
                    if (seen.Count == 3)
                        all.SetResult();
                }
            });
            await all.Task;
            await end(pool);

            await map;
            await source.EndsAsync();
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(Idle.Channel)]
    [InlineData(Idle.Deaf)]
    [InlineData(Idle.Blocked)]
    public async Task Results_and_states_do_not_wait_for_an_idle_source_either(Idle idle)
    {
        using var source = new IdleSource(idle, 3);
        await using var pool = Backend.Create(Backend.Options(1), static () => 10);

        await foreach (WorkResult<int> result in source.Asynchronous is { } asynchronous
            ? pool.MapResultsAsync(asynchronous, static (state, i) => i == 1 ? throw new FormatException() : state + i)
            : pool.MapResultsAsync(source.Synchronous!, static (state, i) => i == 1 ? throw new FormatException() : state + i))
        {
            Assert.Equal(result.Index != 1, result.Succeeded);
            if (result.Index == 2)
                break;
        }

        await source.EndsAsync();
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_source_that_was_left_behind_is_disposed_when_it_returns_and_its_error_is_logged(bool asynchronous, bool disposal)
    {
        var log = new CapturedLog();
        await using WorkerPool pool = Backend.Create(1, options =>
        {
            options.LoggerFactory = log;
            options.CancellationGrace = TimeSpan.FromMilliseconds(20);
        });
        var source = new StuckSource(1)
        {
            Error = disposal ? null : new NotSupportedException("late"),
            DisposalError = disposal ? new NotSupportedException("late") : null,
        };

        await foreach (int _ in asynchronous
            ? pool.MapAsync((IAsyncEnumerable<int>)source, static (i, _) => i)
            : pool.MapAsync((IEnumerable<int>)source, static (i, _) => i))
        {
            await source.Waiting;
            break;
        }

        Assert.False(source.Disposed.IsCompleted);
        Assert.Contains(log.Entries, static entry => entry is { Category: "Tandem.Background", Level: LogLevel.Warning });
        source.LetGo();
        await source.Disposed;
        await Eventually.Async(() => log.Entries.Any(static entry => entry is { Category: "Tandem.Background", Level: LogLevel.Error }));
        Assert.Equal(1, await pool.RunAsync(static () => 1));
    }

    /// <summary>Where a source may fail.</summary>
    public enum Failure
    {
        /// <summary>When it is asked for its enumerator.</summary>
        Enumerator,

        /// <summary>When it moves on.</summary>
        Move,

        /// <summary>When the item is taken.</summary>
        Current,

        /// <summary>When it is disposed at its end.</summary>
        Disposal,
    }

    public static TheoryData<Failure, bool, bool> Failures => new(
        from failure in Enum.GetValues<Failure>()
        from asynchronous in (bool[])[true, false]
        from ordered in (bool[])[true, false]
        select (failure, asynchronous, ordered));

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Failures))]
    public async Task A_source_may_fail_anywhere(Failure failure, bool asynchronous, bool ordered)
    {
        var source = new FailingSource(failure);
        var options = new MapOptions { Ordered = ordered };
        List<int> seen = [];

        NotSupportedException thrown = await Assert.ThrowsAsync<NotSupportedException>(async () =>
        {
            await foreach (int i in asynchronous
                ? Pool.MapAsync((IAsyncEnumerable<int>)source, static i => i, options)
                : Pool.MapAsync((IEnumerable<int>)source, static i => i, options))
            {
                seen.Add(i);
            }
        });

        Assert.Equal($"{failure}", thrown.Message);
        Assert.Equal(failure == Failure.Enumerator ? [] : [0, 1, 2], seen.Order());
        Assert.Equal(1, await Pool.RunAsync(static () => 1));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_error_of_an_item_comes_before_that_of_the_source_s_disposal(bool asynchronous)
    {
        await using WorkerPool pool = Backend.Create(1);
        var source = new FailingSource(Failure.Disposal);

        await Assert.ThrowsAsync<FormatException>(() => asynchronous
            ? pool.ForEachAsync((IAsyncEnumerable<int>)source, static (int i, CancellationToken _) => throw new FormatException())
            : pool.ForEachAsync((IEnumerable<int>)source, static (int i, CancellationToken _) => throw new FormatException()));
    }

    /// <summary>Three items, and an error.</summary>
    private sealed class FailingSource(Failure failure) : IEnumerable<int>, IAsyncEnumerable<int>, IEnumerator<int>, IAsyncEnumerator<int>
    {
        private int _current = -1;

        public int Current => _current < 3 ? _current : throw new NotSupportedException($"{failure}");

        object System.Collections.IEnumerator.Current => Current;

        public bool MoveNext()
        {
            if (++_current < 3)
                return true;

            return failure switch
            {
                Failure.Move => throw new NotSupportedException($"{failure}"),
                Failure.Current => true,
                _ => false,
            };
        }

        public ValueTask<bool> MoveNextAsync() => new(MoveNext());

        [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1065", Justification = "That is what is tested.")]
        public void Dispose()
        {
            if (failure == Failure.Disposal)
                throw new NotSupportedException($"{failure}");
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        public IEnumerator<int> GetEnumerator() => failure == Failure.Enumerator ? throw new NotSupportedException($"{failure}") : this;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            failure == Failure.Enumerator ? throw new NotSupportedException($"{failure}") : this;

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

        public void Reset() => throw new NotSupportedException();
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_comes_after_an_error(bool ordered)
    {
        await using IAsyncEnumerator<int> map = Pool.MapAsync(
            Enumerable.Range(0, 100), static i => i == 3 ? throw new FormatException() : i, new MapOptions { Ordered = ordered }).GetAsyncEnumerator();
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            while (await map.MoveNextAsync())
            {
                // Up to the error.
            }
        });

        for (int i = 0; i < 3; i++)
            Assert.False(await map.MoveNextAsync());
        await map.DisposeAsync();
        Assert.False(await map.MoveNextAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Nothing_comes_after_the_end_whatever_it_was()
    {
        await using (IAsyncEnumerator<int> whole = Pool.MapAsync([1], static i => i).GetAsyncEnumerator())
        {
            Assert.True(await whole.MoveNextAsync());
            Assert.False(await whole.MoveNextAsync());
            Assert.False(await whole.MoveNextAsync());
        }

        using var cancellation = new CancellationTokenSource();
        await using (IAsyncEnumerator<int> canceled = Pool.MapAsync(Enumerable.Range(0, 1000), static i => i).GetAsyncEnumerator(cancellation.Token))
        {
            Assert.True(await canceled.MoveNextAsync());
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                while (await canceled.MoveNextAsync())
                {
                    // What was there already may still come.
                }
            });
            Assert.False(await canceled.MoveNextAsync());
        }

        await using (IAsyncEnumerator<int> failed = Pool.MapAsync(Failing(), static i => i).GetAsyncEnumerator())
        {
            Assert.True(await failed.MoveNextAsync());
            await Assert.ThrowsAsync<NotSupportedException>(async () => await failed.MoveNextAsync());
            Assert.False(await failed.MoveNextAsync());
        }

        IAsyncEnumerator<int> unused = Pool.MapAsync([1], static i => i).GetAsyncEnumerator();
        await unused.DisposeAsync();
        await unused.DisposeAsync();
        Assert.False(await unused.MoveNextAsync());

        static IEnumerable<int> Failing()
        {
            yield return 1;
            throw new NotSupportedException();
        }
    }

    /// <summary>A pool that leaves sources behind soon: the tests need not wait for the usual second.</summary>
    private WorkerPool CreateImpatient() => Backend.Create(2, static options => options.CancellationGrace = TimeSpan.FromMilliseconds(20));

    /// <summary>Some items, and then nothing for as long as the test runs.</summary>
    private sealed class IdleSource : IDisposable
    {
        private readonly BlockingCollection<int>? _collection;
        private readonly StuckSource? _stuck;

        internal IdleSource(Idle idle, int items)
        {
            switch (idle)
            {
                case Idle.Channel:
                    var channel = Channel.CreateUnbounded<int>();
                    for (int i = 0; i < items; i++)
                        channel.Writer.TryWrite(i);
                    Asynchronous = channel.Reader.ReadAllAsync();
                    break;
                case Idle.Collection:
                    _collection = [];
                    for (int i = 0; i < items; i++)
                        _collection.Add(i);
                    Synchronous = _collection.GetConsumingEnumerable();
                    break;
                default:
                    _stuck = new StuckSource(items);
                    Asynchronous = idle == Idle.Deaf ? _stuck : null;
                    Synchronous = idle == Idle.Blocked ? _stuck : null;
                    break;
            }
        }

        internal IAsyncEnumerable<int>? Asynchronous { get; }

        internal IEnumerable<int>? Synchronous { get; }

        public void Dispose()
        {
            _stuck?.LetGo();
            _collection?.CompleteAdding();
        }

        internal IAsyncEnumerable<int> Map(WorkerPool pool, Func<int, int> work, MapOptions options, CancellationToken cancellation = default) =>
            Asynchronous is not null ? pool.MapAsync(Asynchronous, work, options, cancellation) : pool.MapAsync(Synchronous!, work, options, cancellation);

        /// <summary>What was left behind ends when the source lets it.</summary>
        internal async Task EndsAsync()
        {
            Dispose();
            if (_stuck is not null)
                await _stuck.Disposed;
        }
    }
}
