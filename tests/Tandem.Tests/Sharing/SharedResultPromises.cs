using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Sharing;

/// <summary>Shared objects in results, and memory of shared arrays in arguments and results, on every backend.</summary>
public abstract class SharedResultPromises(Backend backend)
{
    private Isolation Isolation => backend.Isolation;

    [Fact(Timeout = Limits.Test)]
    public async Task Work_returns_new_arrays_alone_and_inside_of_other_values()
    {
        Isolation isolation = Isolation;
        using SharedArray<int> alone = await backend.Pool.RunAsync(() => new SharedArray<int>(3, isolation) { [2] = 5 });
        (SharedArray<int> first, string text, List<SharedArray<byte>> others) = await backend.Pool.RunAsync(() =>
        {
            var array = new SharedArray<int>(2_000, isolation) { [1_999] = 7 };
            return (array, "text", Enumerable.Range(0, 100).Select(i => new SharedArray<byte>(1, isolation) { [0] = (byte)i }).ToList());
        });

        Assert.Equal(5, alone[2]);
        Assert.Equal(7, first[1_999]);
        Assert.Equal("text", text);
        Assert.Equal(Enumerable.Range(0, 100), others.Select(static array => (int)array[0]));
        first.Dispose();
        others.ForEach(static array => array.Dispose());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_returns_views_and_counters()
    {
        Isolation isolation = Isolation;
        using ReadOnlySharedArray<long> view = await backend.Pool.RunAsync(() => new SharedArray<long>(9, isolation) { [8] = 4 }.AsReadOnly());
        using SharedCounter counter = await backend.Pool.RunAsync(() => new SharedCounter(6, isolation));

        Assert.Equal(4, view[8]);
        Assert.Equal(7, counter.Increment());
        Assert.Equal(7, await backend.Pool.RunAsync(() => counter.Value));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Elements_of_a_map_return_new_arrays()
    {
        Isolation isolation = Isolation;
        long sum = 0;
        await foreach (SharedArray<int> array in backend.Pool.MapAsync(
            Enumerable.Range(1, 200), i => new SharedArray<int>(i, isolation) { [i - 1] = i }))
        {
            sum += array[array.Length - 1];
            array.Dispose();
        }

        Assert.Equal(20_100, sum);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_result_with_an_array_can_be_refused_like_any_other()
    {
        Isolation isolation = Isolation;
        Assert.SkipUnless(backend.CopiesValues, "Here a result is not serialized.");
        await Assert.ThrowsAsync<WorkSerializationException>(() => backend.Pool.RunAsync(
            () => (new SharedArray<int>(3, isolation), (object)Thread.CurrentThread)));
        using SharedArray<int> next = await backend.Pool.RunAsync(() => new SharedArray<int>(3, isolation) { [0] = 1 });
        Assert.Equal(1, next[0]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Memory_of_an_array_arrives_with_the_same_elements()
    {
        using var array = new SharedArray<byte>(10_000, Isolation);
        using ReadOnlySharedArray<byte> view = array.AsReadOnly();
        Random.Shared.NextBytes(array.Span);

        ReadOnlyMemory<byte> all = array.AsMemory();
        Assert.Equal(array.Span.ToArray(), await backend.Pool.RunAsync(static (memory, _) => memory.ToArray(), all));
        Assert.Equal(array.Span.ToArray(), await backend.Pool.RunAsync(static (memory, _) => memory.ToArray(), view.AsMemory()));
        ReadOnlyMemory<byte> part = await backend.Pool.RunAsync(() => (ReadOnlyMemory<byte>)array.AsMemory(5_000, 3_000));
        Assert.Equal(array.Slice(5_000, 3_000).ToArray(), part.ToArray());
        Assert.Equal(view.Slice(5_000, 3_000).ToArray(), view.AsMemory(5_000, 3_000).ToArray());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Memory_of_an_array_is_copied_like_all_memory_where_values_are_copied()
    {
        using var array = new SharedArray<byte>(3, Isolation);
        Memory<byte> memory = array.AsMemory();
        Memory<byte> back = await backend.Pool.RunAsync(
            static (memory, _) =>
            {
                memory.Span[1] = 9;
                return memory;
            },
            memory);

        Assert.Equal(backend.CopiesValues ? 0 : 9, array[1]);
        Assert.Equal(9, back.Span[1]);
        array[1] = 4;
        Assert.Equal(backend.CopiesValues ? 9 : 4, back.Span[1]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Memory_whose_array_was_disposed_says_so()
    {
        var array = new SharedArray<byte>(3, Isolation);
        ReadOnlySharedArray<byte> view = array.AsReadOnly();
        ReadOnlyMemory<byte> memory = array.AsMemory(), ofView = view.AsMemory();
        array.Dispose();
        Assert.Equal(0, ofView.Span[2]);
        view.Dispose();

        Assert.Throws<ObjectDisposedException>(() => memory.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => ofView.Span[0]);
        if (backend.CopiesValues)
            await Assert.ThrowsAsync<WorkSerializationException>(() => backend.Pool.RunAsync(() => memory.Length));
    }
}

public sealed class SharedResultsOnThreads(ThreadBackend backend) : SharedResultPromises(backend), IClassFixture<ThreadBackend>;

public sealed class SharedResultsOverRings(SharedMemoryBackend backend) : SharedResultPromises(backend), IClassFixture<SharedMemoryBackend>;

public sealed class SharedResultsOverMappedMemory(MappedMemoryBackend backend)
    : SharedResultPromises(backend), IClassFixture<MappedMemoryBackend>;

public sealed class SharedResultsOverPipes(PortableBackend backend) : SharedResultPromises(backend), IClassFixture<PortableBackend>;
