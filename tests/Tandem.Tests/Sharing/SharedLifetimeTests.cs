using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Tests.Infrastructure;
using Tandem.Tests.Processes;

namespace Tandem.Tests.Sharing;

/// <summary>Shared objects are gone with the last process that has them, and leave nothing anywhere.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SharedLifetimeTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task Nothing_is_left_of_objects_that_were_disposed_of_dropped_or_used_by_workers_that_were_killed()
    {
        await using WorkerPool pool = Create();
        await UseAsync(pool);
        (string[] Descriptors, string[] Mappings, string[] Files) before = Now();
        await UseAsync(pool);
        (string[] Descriptors, string[] Mappings, string[] Files) after = before;
        await Eventually.Async(
            () =>
            {
                after = Now();
                return after.Descriptors.Length <= before.Descriptors.Length && after.Mappings.Length <= before.Mappings.Length
                    && after.Files.Length <= before.Files.Length;
            },
            otherwise: () => string.Join('\n', after.Descriptors.Concat(after.Mappings).Concat(after.Files)));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_that_does_nothing_lets_go_of_what_its_maker_has_disposed_of()
    {
        await using WorkerPool pool = Create();
        var array = new SharedArray<long>(1 << 20);
        Channel<int> channel = SharedChannel.CreateBounded<int>(10);
        using var mapped = new SharedCounter();
        await pool.RunAsync(() => { array[0] = channel.Reader.Count; });
        array.Dispose();
        await Eventually.Async(() =>
        {
            pool.RunAsync(() => { mapped.Exchange(ProcFs.SharedMappings().Count(static m => m.Contains("tandem-shared-Array", StringComparison.Ordinal)) + 1); })
                .GetAwaiter().GetResult();
            return mapped.Value == 1;
        });
        GC.KeepAlive(channel);
    }

    private static WorkerPool Create() => WorkerPool.Create(new ProcessPoolOptions
    {
        Transport = WorkerTransport.SharedMemory,
        MaxWorkers = 1,
        LoggerFactory = NullLoggerFactory.Instance,
    });

    private static async Task UseAsync(WorkerPool pool)
    {
        for (int i = 0; i < 20; i++)
        {
            using var array = new SharedArray<long>(1 << 20);
            using ReadOnlySharedArray<long> view = array.AsReadOnly();
            using var counter = new SharedCounter();
            using var gate = new SharedLock();
            Channel<string> channel = SharedChannel.CreateBounded<string>(10);
            await pool.RunAsync(() =>
            {
                using SharedLock.Scope scope = gate.Enter();
                array[view.Length - 1] = counter.Increment();
                channel.Writer.TryWrite("x");
            });
            Assert.Equal("x", await channel.Reader.ReadAsync());
            if (i % 10 == 9)
            {
                Task killed = pool.RunAsync(() =>
                {
                    _ = gate.Enter();
                    Deaths.Die(Death.Killed);
                });
                await Assert.ThrowsAsync<WorkerCrashedException>(() => killed);
                Assert.Throws<AbandonedMutexException>(() => gate.Enter());
            }
        }

        await pool.RunAsync(static () => 0);
    }

    private static (string[] Descriptors, string[] Mappings, string[] Files) Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (
            [.. ProcFs.Descriptors().Where(static d => d.Contains("tandem-shared", StringComparison.Ordinal))],
            [.. ProcFs.SharedMappings().Where(static m => m.Contains("tandem-shared", StringComparison.Ordinal))],
            Directory.GetFileSystemEntries("/dev/shm", "*tandem*"));
    }
}
