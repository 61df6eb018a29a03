using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Tandem.Serialization;
using Tandem.Sharing;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Sharing;

/// <summary>Shared arrays and counters: the same memory on both sides, on every backend.</summary>
public abstract class SharedMemoryPromises(Backend backend)
{
    private Isolation Isolation => backend.Isolation;

    [Fact(Timeout = Limits.Test)]
    public async Task What_a_worker_writes_into_a_captured_array_is_there_after_the_call()
    {
        using var array = new SharedArray<int>(10_000, Isolation);
        array[0] = 41;
        int seen = await backend.Pool.RunAsync(() =>
        {
            array.Span[9_999] = 7;
            return array[0]++;
        });

        Assert.Equal(41, seen);
        Assert.Equal(42, array[0]);
        Assert.Equal(7, array[9_999]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_array_travels_as_an_argument_in_a_list_and_in_a_map()
    {
        using var array = new SharedArray<long>(100, Isolation);
        await backend.Pool.RunAsync(static (arrays, _) => { arrays[0][3] = 3; arrays[1][4] = 4; }, new List<SharedArray<long>> { array, array });
        await backend.Pool.ForEachAsync(Enumerable.Range(10, 90), i => array[i] = i);

        Assert.Equal(3, array[3]);
        Assert.Equal(4, array[4]);
        Assert.Equal(Enumerable.Range(10, 90).Select(i => (long)i), array.Slice(10, 90).ToArray());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_array_that_work_made_comes_back_although_the_work_has_disposed_of_it_or_forgotten_it()
    {
        Isolation isolation = Isolation;
        using SharedArray<int> forgotten = await backend.Pool.RunAsync(() => new SharedArray<int>(3, isolation) { [1] = 5 });
        await backend.Pool.RunAsync(static () => GC.Collect());
        Assert.Equal(5, forgotten[1]);
        using SharedArray<int> again = await backend.Pool.RunAsync(() => { forgotten[2] = 6; return forgotten; });
        Assert.Same(forgotten, again);
        Assert.Equal(6, forgotten[2]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Counts_of_all_workers_add_up()
    {
        using var counter = new SharedCounter(5, Isolation);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => backend.Pool.RunAsync(() =>
        {
            for (int i = 0; i < 10_000; i++)
                counter.Increment();
        })));

        Assert.Equal(80_005, counter.Value);
        Assert.Equal(80_005, counter.Exchange(1));
        Assert.Equal(1, counter.CompareExchange(9, 1));
        Assert.Equal(8, counter.Decrement());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Disposing_while_work_is_queued_takes_nothing_from_it()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        await using WorkerPool pool = backend.Create(workers: 1, options => options.ConcurrencyPerWorker = 1);
        Task first = pool.RunAsync(() => gate.Pass());
        var counter = new SharedCounter(7, Isolation);
        using var result = new SharedCounter(0, Isolation);
        if (Isolation == Isolation.Process)
        {
            Task second = pool.RunAsync(() => { result.Add(counter.Value); });
            counter.Dispose();
            gate.Open();
            await first;
            await second;
            Assert.Equal(7, result.Value);
        }

        gate.Open();
        await first;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_was_disposed_of_says_so()
    {
        var array = new SharedArray<int>(5, Isolation);
        ReadOnlySharedArray<int> view = array.AsReadOnly();
        var counter = new SharedCounter(0, Isolation);
        Memory<int> memory = array.AsMemory(1, 3);
        memory.Span[0] = 4;
        Assert.Equal(4, view[1]);
        array.Dispose();
        array.Dispose();
        counter.Dispose();
        counter.Dispose();
        Assert.Equal(4, view.Span[1]);
        view.Dispose();

        Assert.Throws<ObjectDisposedException>(() => array.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => memory.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => view[0]);
        Assert.Throws<ObjectDisposedException>(() => counter.Value);
        if (Isolation == Isolation.Process)
            await Assert.ThrowsAsync<WorkSerializationException>(() => backend.Pool.RunAsync(() => array.Length));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task State_of_a_worker_may_capture_shared_objects()
    {
        WorkerPoolOptions options = backend.Options(workers: 1);
        var counter = new SharedCounter(3, Isolation);
        await using WorkerPool<SharedCounter> pool = WorkerPool.Create(options, () => counter);
        await pool.RunAsync(static (SharedCounter c) => { c.Increment(); });
        Assert.Equal(4, counter.Value);
    }
}

public sealed class SharedMemoryOnThreads(ThreadBackend backend) : SharedMemoryPromises(backend), IClassFixture<ThreadBackend>;

public sealed class SharedMemoryOverRings(SharedMemoryBackend backend) : SharedMemoryPromises(backend), IClassFixture<SharedMemoryBackend>
{
    private readonly SharedMemoryBackend _backend = backend;

    [Fact(Timeout = Limits.Test)]
    public async Task A_write_past_the_compiler_into_a_view_for_reading_ends_only_the_worker_that_does_it()
    {
        using var array = new SharedArray<int>(5_000) { [4_999] = 8 };
        using ReadOnlySharedArray<int> view = array.AsReadOnly();
        Assert.Equal(8, await _backend.Pool.RunAsync(() => view[4_999]));
        await Assert.ThrowsAsync<WorkerCrashedException>(() => _backend.Pool.RunAsync(() => { Unsafe.AsRef(in view[4_999]) = 9; }));
        Assert.Equal(8, array[4_999]);
        Assert.Equal(8, await _backend.Pool.RunAsync(() => view[4_999]));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_object_for_threads_is_refused_with_the_word_to_add()
    {
        using var array = new SharedArray<int>(5, Isolation.Thread);
        var refused = await Assert.ThrowsAsync<WorkSerializationException>(() => _backend.Pool.RunAsync(() => array.Length));
        Assert.Equal("array", refused.Path);
        Assert.Contains("Isolation.Process", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_plain_channel_is_refused_with_the_one_to_use()
    {
        Channel<int> plain = Channel.CreateBounded<int>(5);
        var refused = await Assert.ThrowsAsync<WorkSerializationException>(() => _backend.Pool.RunAsync(() => plain.Reader.Count));
        Assert.Contains("SharedChannel.CreateBounded", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_a_reference_says_is_opened()
    {
        using var array = new SharedArray<int>(5);
        SegmentReference reference = ((ISharedObject)array).Segment!.Reference();
        Assert.Throws<PayloadCorruptException>(() => SharedObjects.Open<SharedArray<uint>>(in reference));
        Assert.Throws<PayloadCorruptException>(() => SharedSegment.Open(reference with { Id = Guid.NewGuid() }));
        Assert.Throws<PayloadCorruptException>(() => SharedSegment.Open(reference with { Length = reference.Length + 1 }));
        Assert.Throws<PayloadCorruptException>(() => SharedSegment.Open(reference with { Descriptor = 0 }));
        Assert.Throws<PayloadCorruptException>(() => SharedSegment.Open(reference with { ProcessId = int.MaxValue }));
        SharedSegment opened = SharedSegment.Open(in reference);
        Assert.Throws<PayloadCorruptException>(() => Elements.Expect<uint>(opened, SegmentKind.Array, sizeof(uint)));
        Assert.Throws<PayloadCorruptException>(() => Elements.Expect<int>(opened, SegmentKind.Counter, sizeof(int)));
        opened.Close(unmap: true);
    }

    [Fact]
    public void Types_that_mean_nothing_elsewhere_are_refused() => Assert.Throws<NotSupportedException>(() => new SharedArray<nint>(3));
}

public sealed class SharedMemoryOverPipes(PortableBackend backend) : SharedMemoryPromises(backend), IClassFixture<PortableBackend>;
