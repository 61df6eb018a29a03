using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

/// <summary>
/// What a pool of processes promises when a worker ends, in whatever way and at whatever moment: the started item fails and says how,
/// everything else succeeds, and the pool goes on.
/// </summary>
public abstract partial class CrashContainment(Backend backend) : IDisposable
{
    private readonly Scratch _scratch = new();

    public static TheoryData<Death> Deaths => [.. ExpectedExit.Deaths];

    protected Backend Backend { get; } = backend;

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Deaths))]
    public async Task While_it_runs_an_item(Death death)
    {
        Gate started = _scratch.Gate(), gate = _scratch.Gate(), neighbourStarted = _scratch.Gate();
        await using WorkerPool pool = Backend.Create(2);

        Task<int> neighbour = pool.RunAsync(() =>
        {
            neighbourStarted.Open();
            gate.Pass();
            return Environment.ProcessId;
        });
        await neighbourStarted.OpenedAsync();
        Task doomed = pool.RunAsync(
            () =>
            {
                started.Open();
                gate.Pass();
                Console.Error.WriteLine(Infrastructure.Deaths.LastWords);
                Infrastructure.Deaths.Die(death);
            },
            new WorkOptions { Name = "the doomed one" });
        await started.OpenedAsync();
        Task<int>[] waiting = [.. Enumerable.Range(0, 40).Select(i => pool.RunAsync(static (number, _) => number, i))];
        gate.Open();

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => doomed);
        Infrastructure.Deaths.AssertTold(death, crash);
        Assert.Equal("the doomed one", crash.WorkItemName);
        Assert.Equal(1, crash.Attempt);
        Assert.Contains(Infrastructure.Deaths.LastWords, crash.StandardErrorTail, StringComparison.Ordinal);
        Assert.NotEqual(crash.ProcessId, await neighbour);
        int[] results = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(0, 40), results);
        await AssertUsableAsync(pool);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Deaths))]
    public async Task While_it_reads_an_argument(Death death)
    {
        await using WorkerPool pool = Backend.Create(1);
        Dictionary<DeadlyKey, int> argument = new() { [new DeadlyKey(death)] = 1 };

        Task<int> doomed = pool.RunAsync(static (map, _) => map.Count, argument, new WorkOptions { Name = "reader" });
        Task<int>[] waiting = [.. Enumerable.Range(0, 40).Select(i => pool.RunAsync(static (number, _) => number, i))];

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => doomed);
        Infrastructure.Deaths.AssertTold(death, crash);
        Assert.Equal("reader", crash.WorkItemName);
        int[] results = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(0, 40), results);
        await AssertUsableAsync(pool);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Deaths))]
    public async Task While_it_writes_an_outcome(Death death)
    {
        int home = Environment.ProcessId;
        await using WorkerPool pool = Backend.Create(1);

        Task doomed = pool.RunAsync(void () => throw new DeadlyException(death, home), new WorkOptions { Name = "writer" });
        Task<int>[] waiting = [.. Enumerable.Range(0, 40).Select(i => pool.RunAsync(static (number, _) => number, i))];

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => doomed);
        Infrastructure.Deaths.AssertTold(death, crash);
        Assert.Equal("writer", crash.WorkItemName);
        int[] results = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(0, 40), results);
        await AssertUsableAsync(pool);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(0)]
    [InlineData(200)]
    [InlineData(2_000)]
    [InlineData(20_000)]
    public async Task While_it_writes_a_large_result(int delay)
    {
        const int Size = 64 << 20;
        await using WorkerPool pool = Backend.Create(1);

        Task<byte[]> doomed = pool.RunAsync(() =>
        {
            byte[] result = new byte[Size];
            Array.Fill(result, (byte)7);
            var killer = new Thread(() =>
            {
                Thread.SpinWait(delay);
                Infrastructure.Deaths.Die(Death.Killed);
            });
            killer.Start();
            return result;
        });
        Task<int>[] waiting = [.. Enumerable.Range(0, 40).Select(i => pool.RunAsync(static (number, _) => number, i))];

        // Either it came too late for the result, which is whole then, or it is a crash.
        try
        {
            byte[] result = await doomed;
            Assert.Equal(Size, result.Length);
            Assert.False(result.AsSpan().ContainsAnyExcept((byte)7));
        }
        catch (WorkerCrashedException crash)
        {
            Infrastructure.Deaths.AssertTold(Death.Killed, crash);
        }

        // The killer may strike one of the small items instead, and only one.
        int crashed = 0;
        foreach (Task<int> call in waiting)
        {
            try
            {
                await call;
            }
            catch (WorkerCrashedException)
            {
                crashed++;
            }
        }

        Assert.InRange(crashed, 0, doomed.IsCompletedSuccessfully ? 1 : 0);
        // It may also strike later still: what comes now must not meet it.
        await Eventually.Async(() => pool.Snapshot().Totals.Crashes == 1);
        await AssertUsableAsync(pool);
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Deaths))]
    public async Task While_it_is_idle(Death death)
    {
        Gate gate = _scratch.Gate();
        await using WorkerPool pool = Backend.Create(1);
        int pid = await pool.RunAsync(() =>
        {
            new Thread(() =>
            {
                gate.Pass();
                Infrastructure.Deaths.Die(death);
            }).Start();
            return Environment.ProcessId;
        });

        gate.Open();
        await Eventually.Async(() => !ProcFs.IsAlive(pid), otherwise: () => "The worker did not die.");

        // The pool may not have noticed yet: what it sends to the dead worker had not started there.
        Task<int>[] calls = [.. Enumerable.Range(0, 40).Select(i => pool.RunAsync(static (number, _) => number, i))];
        int[] results = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 40), results);
        Assert.NotEqual(pid, await pool.RunAsync(static () => Environment.ProcessId));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Killed_from_outside_again_and_again()
    {
        await using WorkerPool pool = Backend.Create(2);

        for (int round = 0; round < 6; round++)
        {
            int pid = await pool.RunAsync(static () => Environment.ProcessId);
            Infrastructure.Deaths.Kill(pid);
            await Eventually.Async(() => !ProcFs.IsAlive(pid));
            int[] results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => pool.RunAsync(static (number, _) => number + 1, i)));
            Assert.Equal(Enumerable.Range(1, 100), results);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task All_items_that_a_worker_runs_at_once_fail_with_it_each_with_its_own_exception()
    {
        Trail started = _scratch.Trail();
        Gate gate = _scratch.Gate();
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.ConcurrencyPerWorker = 4);

        Task[] running = [.. Enumerable.Range(0, 4).Select(i => pool.RunAsync(
            () =>
            {
                started.Add(i);
                gate.Pass();
                if (i == 2)
                    Infrastructure.Deaths.Die(Death.ExitFortyTwo);
                Thread.Sleep(Timeout.Infinite);
            },
            new WorkOptions { Name = $"lane {i}" }))];
        await started.ReachedAsync(4);
        Task<int>[] waiting = [.. Enumerable.Range(0, 20).Select(i => pool.RunAsync(static (number, _) => number, i))];
        gate.Open();

        HashSet<Exception> seen = new(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < 4; i++)
        {
            WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => running[i]);
            Assert.True(seen.Add(crash));
            Assert.Equal(($"lane {i}", 42), (crash.WorkItemName, crash.ExitCode));
        }

        int[] results = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(0, 20), results);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _scratch.Dispose();
    }

    private static async Task AssertUsableAsync(WorkerPool pool)
    {
        Assert.Equal(9, await pool.RunAsync(static () => 9));
        Assert.Equal(Enumerable.Range(0, 100), await pool.MapAsync(Enumerable.Range(0, 100), static i => i).ToListAsync());
    }
}

public sealed class SharedMemoryCrashes(SharedMemoryBackend backend) : CrashContainment(backend), IClassFixture<SharedMemoryBackend>;

public sealed class MappedMemoryCrashes(MappedMemoryBackend backend) : CrashContainment(backend), IClassFixture<MappedMemoryBackend>;

public sealed class PortableCrashes(PortableBackend backend) : CrashContainment(backend), IClassFixture<PortableBackend>;
