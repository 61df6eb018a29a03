using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>What counts this process's resources runs when nothing else does.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>After a pool's end there is no process, thread, descriptor, mapping or file more than before.</summary>
[Collection(nameof(AloneCollection))]
public sealed class LeakTests : IDisposable
{
    private const string PoolName = "leaky";

    /// <summary>Where worker processes have their temporary files, the sockets of the runtime's diagnostics among them.</summary>
    private readonly Scratch _files = new();

    public static TheoryData<Isolation, WorkerTransport> Backends => new()
    {
        { Isolation.Thread, WorkerTransport.Auto },
        { Isolation.Process, WorkerTransport.SharedMemory },
        { Isolation.Process, WorkerTransport.MappedMemory },
        { Isolation.Process, WorkerTransport.Portable },
    };

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Backends))]
    public Task After_disposal_nothing_is_left(Isolation isolation, WorkerTransport transport) => AssertNoLeakAsync(async () =>
    {
        await using WorkerPool pool = Create(isolation, transport);
        await UseAsync(pool);
    });

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Backends))]
    public Task After_stopping_busy_workers_nothing_is_left(Isolation isolation, WorkerTransport transport) => AssertNoLeakAsync(async () =>
    {
        WorkerPool pool = Create(isolation, transport);
        Task[] busy = [.. Enumerable.Range(0, 4).Select(_ => pool.RunAsync(static token => { token.WaitHandle.WaitOne(); }))];
        await pool.RunAsync(static () => { }).WaitAsync(TimeSpan.FromMilliseconds(1)).ContinueWith(static _ => { }, TaskScheduler.Default);
        await pool.StopAsync();
        await Task.WhenAll(busy).ContinueWith(static _ => { }, TaskScheduler.Default);
    });

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.MappedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public Task After_crashes_nothing_is_left(WorkerTransport transport) => AssertNoLeakAsync(async () =>
    {
        await using WorkerPool pool = Create(Isolation.Process, transport);
        await UseAsync(pool);
        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Deaths.Die(Death.Killed)));
        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Deaths.Die(Death.ExitZero)));
        byte[] payload = new byte[1 << 20];
        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(
            static (input, _) => input.Item2.Count, (payload, new Dictionary<DeadlyKey, int> { [new DeadlyKey(Death.Killed)] = 1 })));
        await UseAsync(pool);
    });

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.MappedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public Task After_workers_that_never_become_ready_nothing_is_left(WorkerTransport transport) => AssertNoLeakAsync(async () =>
    {
        await using WorkerPool<int> pool = WorkerPool.Create<int>(Options(Isolation.Process, transport), static () => throw new NotSupportedException());
        await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static (int state) => state));
    });

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.MappedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public async Task Replacing_workers_and_calling_them_adds_no_descriptor_and_no_mapping(WorkerTransport transport)
    {
        await using WorkerPool pool = Create(Isolation.Process, transport);
        await RoundAsync();
        // A worker that is still on its way has none of its descriptors yet.
        await Eventually.Async(() => pool.Snapshot().Workers.Count(static worker => worker.State is WorkerState.Idle) == 2);
        Resources before = await SettledAsync(null);
        for (int i = 0; i < 5; i++)
            await RoundAsync();

        await SettledAsync(before);

        async Task RoundAsync()
        {
            await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Deaths.Die(Death.Killed)));
            await UseAsync(pool);
        }
    }

    [Theory(Timeout = 2 * Limits.Test)]
    [InlineData(Isolation.Thread, WorkerTransport.Auto, 1_000_000)]
    [InlineData(Isolation.Process, WorkerTransport.SharedMemory, 1_000_000)]
    [InlineData(Isolation.Process, WorkerTransport.MappedMemory, 1_000_000)]
    [InlineData(Isolation.Process, WorkerTransport.Portable, 100_000)]
    public async Task A_million_calls_leave_no_descriptor_and_no_thread(Isolation isolation, WorkerTransport transport, int calls)
    {
        await using WorkerPool pool = Create(isolation, transport);
        await CallAsync(calls / 10);
        Resources before = await SettledAsync(null);
        await CallAsync(calls);
        await SettledAsync(before);

        async Task CallAsync(int count)
        {
            var batch = new Task<int>[10_000];
            for (int done = 0; done < count; done += batch.Length)
            {
                for (int i = 0; i < batch.Length; i++)
                    batch[i] = pool.RunAsync(static () => 1);
                Assert.Equal(batch.Length, (await Task.WhenAll(batch)).Sum());
            }
        }
    }

    [Theory(Timeout = 2 * Limits.Test)]
    [InlineData("threads", 1_000_000)]
    [InlineData("shared-memory", 1_000_000)]
    [InlineData("mapped-memory", 1_000_000)]
    [InlineData("portable", 100_000)]
    public async Task A_million_calls_leave_no_memory(string kind, int calls)
    {
        // In a program of its own: what other tests hold here comes and goes.
        using HostProgram program = HostProgram.Start("memory", kind, $"{calls}");
        string[] said = (await program.ReadLineAsync(TimeSpan.FromMilliseconds(2 * Limits.Test))).Split(' ');

        // What a call left behind would be a million times as much.
        Assert.Equal("grown", said[0]);
        Assert.InRange(long.Parse(said[1], null), long.MinValue, 4 << 20);
        Assert.InRange(long.Parse(said[2], null), long.MinValue, 4 << 20);
    }

    private WorkerPoolOptions Options(Isolation isolation, WorkerTransport transport)
    {
        WorkerPoolOptions options = WorkerPoolOptions.For(isolation);
        options.MaxWorkers = 2;
        options.Name = PoolName;
        options.StartEagerly = true;
        options.CancellationGrace = TimeSpan.FromMilliseconds(100);
        options.LoggerFactory = NullLoggerFactory.Instance;
        if (options is ProcessPoolOptions processes)
        {
            processes.Transport = transport;
            processes.Environment["TMPDIR"] = _files.Folder;
        }

        return options;
    }

    private WorkerPool Create(Isolation isolation, WorkerTransport transport) => WorkerPool.Create(Options(isolation, transport));

    public void Dispose() => _files.Dispose();

    private static async Task UseAsync(WorkerPool pool)
    {
        byte[] large = new byte[1 << 20];
        for (int i = 0; i < 5; i++)
            Assert.Equal(large.Length, (await pool.RunAsync(static (bytes, _) => bytes, large)).Length);

        Assert.Equal(2_000, (await pool.MapAsync(Enumerable.Range(0, 2_000), static i => i).ToListAsync()).Count);
        using var source = new CancellationTokenSource();
        await pool.RunAsync(static token => token.IsCancellationRequested, cancellationToken: source.Token);
        await Assert.ThrowsAsync<FormatException>(() => pool.RunAsync(static () => int.Parse("x", null)));
    }

    /// <summary>Once to warm up what lives as long as the process, then once more, counted.</summary>
    private async Task AssertNoLeakAsync(Func<Task> use)
    {
        await use();
        Resources before = await SettledAsync(null);
        await use();
        await SettledAsync(before);
    }

    /// <summary>The resources, once they are no more than before; the kernel and the thread pool may need a moment.</summary>
    private async Task<Resources> SettledAsync(Resources? before)
    {
        Resources now = Resources.Now(_files.Folder);
        if (before is not null)
            await Eventually.Async(() => (now = Resources.Now(_files.Folder)).IsWithin(before), otherwise: () => now.Beyond(before));

        return now;
    }

    private sealed record Resources(int[] Processes, string[] Threads, string[] Descriptors, string[] Mappings, string[] WorkerFiles, string[] Files)
    {
        internal static Resources Now(string folder) => new(
            ProcFs.Children(),
            ProcFs.Threads("Tandem", PoolName),
            ProcFs.Descriptors(),
            ProcFs.SharedMappings(),
            Directory.GetFileSystemEntries(folder),
            [.. Directory.GetFileSystemEntries("/dev/shm", "*tandem*"), .. Directory.GetFileSystemEntries(Path.GetTempPath(), "*_tandem-*")]);

        internal bool IsWithin(Resources before) => Beyond(before).Length == 0;

        internal string Beyond(Resources before) =>
            More("processes", Processes.Length, before.Processes.Length, Processes) + More("threads", Threads.Length, before.Threads.Length, Threads)
            + More("descriptors", Descriptors.Length, before.Descriptors.Length, Descriptors)
            + More("mappings", Mappings.Length, before.Mappings.Length, Mappings)
            + More("files of workers", WorkerFiles.Length, before.WorkerFiles.Length, WorkerFiles)
            + More("files", Files.Except(before.Files).Count(), 0, Files.Except(before.Files));

        private static string More<T>(string what, int now, int before, IEnumerable<T> which) =>
            now > before ? $"{what}: {now} after {before}: {string.Join(", ", which)}\n" : "";
    }
}
