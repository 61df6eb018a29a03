using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Tests.Infrastructure;
using Tandem.Tests.Processes;

namespace Tandem.Tests.Sharing;

/// <summary>Shared objects that a worker has created and returned belong to the caller, whatever becomes of the worker.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SharedResultLifetimeTests
{
    private static SharedArray<int>? s_kept;

    public static TheoryData<WorkerTransport> Transports =>
        [WorkerTransport.SharedMemory, WorkerTransport.MappedMemory, WorkerTransport.Portable];

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Transports))]
    public async Task A_returned_array_is_the_same_memory_for_a_worker_that_keeps_it_until_both_have_disposed_it(WorkerTransport transport)
    {
        await using WorkerPool pool = Create(transport);
        SharedArray<int> array = await pool.RunAsync(static () => s_kept = new SharedArray<int>(100_000) { [5] = 1 });
        array[99_999] = 2;
        Assert.Equal(3, await pool.RunAsync(static () => s_kept![99_999]++ + s_kept[5]));
        Assert.Equal(3, array[99_999]);

        array.Dispose();
        await Eventually.Async(static () => CountHere() == 0);
        Assert.Equal(3, await pool.RunAsync(static () => s_kept![99_999]));
        using (SharedArray<int> again = await pool.RunAsync(static () => s_kept!))
            Assert.Equal(3, again[99_999]);

        await pool.RunAsync(static () => s_kept!.Dispose());
        await AssertNothingLeftAsync(pool);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Transports))]
    public async Task A_worker_releases_what_it_returned_once_the_caller_has_disposed_it(WorkerTransport transport)
    {
        await using WorkerPool pool = Create(transport);
        using (await pool.RunAsync(static () => new SharedArray<long>(1 << 20) { [7] = 1 }))
            Assert.NotEqual(0, CountHere());
        await AssertNothingLeftAsync(pool);

        using (await pool.RunAsync(static () => new SharedArray<long>(1 << 20) { [7] = 1 }.AsReadOnly()))
            Assert.NotEqual(0, CountHere());
        await AssertNothingLeftAsync(pool);

        await foreach (SharedArray<int> array in pool.MapAsync(Enumerable.Range(0, 100), static i => new SharedArray<int>(1000)))
            array.Dispose();
        await AssertNothingLeftAsync(pool);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Transports))]
    public async Task A_returned_array_outlives_the_worker_and_the_pool(WorkerTransport transport)
    {
        SharedArray<int> first, second;
        ReadOnlySharedArray<int> view;
        await using (WorkerPool pool = Create(transport))
        {
            (first, view) = await pool.RunAsync(static () =>
            {
                var array = new SharedArray<int>(50_000);
                array.Span.Fill(4);
                return (array, array.AsReadOnly());
            });
            await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Infrastructure.Deaths.Die(Death.Killed)));
            second = await pool.RunAsync(static () => new SharedArray<int>(50_000) { [49_999] = 6 });
        }

        Assert.Equal(200_000, first.Span.ToArray().Sum());
        first[0] = 5;
        Assert.Equal(5, view[0]);
        Assert.Equal(6, second[49_999]);
        first.Dispose();
        second.Dispose();
        view.Dispose();
        Assert.Equal(0, CountHere());
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Transports))]
    public async Task Elements_that_were_done_keep_their_arrays_when_the_next_one_ends_the_worker(WorkerTransport transport)
    {
        const int Items = 150;
        await using WorkerPool pool = Create(transport);
        int[] deadly = [40, 41, Items - 1];

        List<WorkResult<SharedArray<int>>> results = await pool.MapResultsAsync(
            Enumerable.Range(0, Items),
            i =>
            {
                if (deadly.Contains(i))
                    Infrastructure.Deaths.Die(Death.Killed);
                return new SharedArray<int>(2) { [1] = i };
            }).ToListAsync();

        results.Sort(static (a, b) => a.Index.CompareTo(b.Index));
        Assert.Equal(deadly, results.Where(static result => !result.Succeeded).Select(static result => (int)result.Index));
        foreach (WorkResult<SharedArray<int>> result in results.Where(static result => result.Succeeded))
        {
            Assert.Equal(result.Index, result.Value[1]);
            result.Value.Dispose();
        }

        await AssertNothingLeftAsync(pool);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Transports))]
    public async Task A_worker_that_dies_around_the_end_of_its_work_leaves_a_usable_array_or_a_crash(WorkerTransport transport)
    {
        await using WorkerPool pool = Create(transport);
        for (int i = 0; i < 12; i++)
        {
            try
            {
                using SharedArray<int> array = await pool.RunAsync(() =>
                {
                    var made = new SharedArray<int>(5_000) { [4_999] = i };
                    new Thread(() =>
                    {
                        Thread.SpinWait(i * 1_000);
                        Infrastructure.Deaths.Die(Death.Killed);
                    }).Start();
                    return made;
                });
                Assert.Equal(i, array[4_999]);
            }
            catch (WorkerCrashedException)
            {
                // The worker died before its result was complete.
            }
        }

        await Eventually.Async(static () => CountHere() == 0);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Transports))]
    public async Task A_result_that_comes_too_late_leaves_nothing(WorkerTransport transport)
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate(), started = scratch.Gate();
        using var cancellation = new CancellationTokenSource();
        await using WorkerPool pool = Create(transport);
        Task<SharedArray<int>> late = pool.RunAsync(
            _ =>
            {
                started.Open();
                gate.Pass(); // ignores its token
                return new SharedArray<int>(100_000) { [9] = 1 };
            },
            cancellationToken: cancellation.Token);
        await started.OpenedAsync();
        await cancellation.CancelAsync();
        gate.Open();
        try
        {
            (await late).Dispose();
        }
        catch (OperationCanceledException)
        {
            // Then the result is for nobody.
        }

        await AssertNothingLeftAsync(pool);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Transports))]
    public async Task Work_that_timed_out_leaves_nothing(WorkerTransport transport)
    {
        using var scratch = new Scratch();
        Gate never = scratch.Gate();
        await using WorkerPool pool = Create(transport);
        await Assert.ThrowsAsync<WorkTimeoutException>(() => pool.RunAsync(
            token =>
            {
                var array = new SharedArray<int>(100_000) { [9] = 1 };
                never.Pass(token);
                return array;
            },
            new WorkOptions { Limits = new() { Timeout = TimeSpan.FromMilliseconds(50) } }));
        await Eventually.Async(static () => CountHere() == 0);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Transports))]
    public async Task A_result_that_cannot_be_sent_or_that_nobody_reads_leaves_nothing(WorkerTransport transport)
    {
        await using WorkerPool pool = Create(transport);
        await Assert.ThrowsAsync<WorkSerializationException>(() => pool.RunAsync(
            static () => (new SharedArray<int>(100_000), (object)Thread.CurrentThread)));
        await Assert.ThrowsAsync<WorkSerializationException>(() => pool.RunAsync(static () =>
        {
            using var disposed = new SharedArray<int>(100_000);
            return disposed;
        }));
        await ForgetAsync(pool);
        await AssertNothingLeftAsync(pool, collects: true);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_may_end_after_it_has_returned_a_lock_or_a_channel()
    {
        await using WorkerPool pool = Create(WorkerTransport.SharedMemory);
        using SharedLock gate = await pool.RunAsync(static () => new SharedLock());
        Channel<string> channel = Channel(await pool.RunAsync(static () =>
        {
            Channel<string> made = SharedChannel.CreateBounded<string>(5);
            made.Writer.TryWrite("x");
            return (made.Reader, made.Writer);
        }));
        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Infrastructure.Deaths.Die(Death.Killed)));

        using (gate.Enter())
            Assert.Equal("x", await channel.Reader.ReadAsync());

        static Channel<string> Channel((ChannelReader<string> Reader, ChannelWriter<string> Writer) ends) => new Ends(ends.Reader, ends.Writer);
    }

    private static WorkerPool Create(WorkerTransport transport) => WorkerPool.Create(new ProcessPoolOptions
    {
        Transport = transport,
        MaxWorkers = 1,
        CancellationGrace = Limits.Condition,
        TerminationGrace = Limits.Condition,
        LoggerFactory = NullLoggerFactory.Instance,
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ForgetAsync(WorkerPool pool) => Assert.Equal(1, (await pool.RunAsync(static () => new SharedArray<int>(100_000) { [3] = 1 }))[3]);

    /// <summary>Neither here nor in the worker, which has nothing to do but to answer.</summary>
    private static async Task AssertNothingLeftAsync(WorkerPool pool, bool collects = false)
    {
        (int Here, int There) left = default;
        await Eventually.Async(
            () =>
            {
                if (collects)
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                }

                left = (CountHere(), pool.RunAsync(static () => CountHere()).GetAwaiter().GetResult());
                return left == (0, 0);
            },
            otherwise: () => $"{left.Here} here and {left.There} in the worker");
    }

    /// <summary>The descriptors and mappings of shared arrays in this process.</summary>
    private static int CountHere() =>
        ProcFs.Descriptors().Concat(ProcFs.SharedMappings()).Count(static d => d.Contains("tandem-shared-Array", StringComparison.Ordinal));

    private sealed class Ends : Channel<string>
    {
        internal Ends(ChannelReader<string> reader, ChannelWriter<string> writer) => (Reader, Writer) = (reader, writer);
    }
}
