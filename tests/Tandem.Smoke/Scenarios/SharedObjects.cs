using System.Threading.Channels;

namespace Tandem.Smoke.Scenarios;

/// <summary>Objects that workers really share.</summary>
internal static class SharedObjects
{
    internal static readonly Scenario[] All =
    [
        new("shared-array", ArrayAsync),
        new("shared-counter", CounterAsync),
        new("shared-lock", LockAsync),
        new("shared-lock-abandoned", AbandonedAsync) { NeedsProcesses = true },
        new("shared-channel", ChannelAsync),
    ];

    private static async Task ArrayAsync(Setting setting)
    {
        using SharedArray<int> array = Made(() => new SharedArray<int>(1_000_000, setting.Isolation));
        await using WorkerPool pool = setting.CreatePool(2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(half => pool.RunAsync(() => array.Slice(half * 500_000, 500_000).Fill(half + 1))));
        Check.Equal(1_500_000, array.Span.ToArray().Sum());
    }

    private static async Task CounterAsync(Setting setting)
    {
        using SharedCounter counter = Made(() => new SharedCounter(0, setting.Isolation));
        await using WorkerPool pool = setting.CreatePool(2);
        await pool.ForEachAsync(Enumerable.Range(0, 1000), _ => counter.Increment());
        Check.Equal(1000L, counter.Value);
    }

    private static async Task LockAsync(Setting setting)
    {
        using SharedLock gate = Made(() => new SharedLock(setting.Isolation));
        using SharedArray<int> count = Made(() => new SharedArray<int>(1, setting.Isolation));
        await using WorkerPool pool = setting.CreatePool(2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => pool.RunAsync(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                using (gate.Enter())
                    count[0]++;
            }
        })));
        Check.Equal(4000, count[0]);
    }

    private static async Task AbandonedAsync(Setting setting)
    {
        using SharedLock gate = Made(() => new SharedLock(setting.Isolation));
        await using WorkerPool pool = setting.CreatePool();
        await Check.ThrowsAsync<WorkerCrashedException>(pool.RunAsync(() =>
        {
            _ = gate.Enter();
            Environment.Exit(4);
        }));
        await Check.ThrowsAsync<AbandonedMutexException>(Task.Run(() => gate.Enter().Dispose()));
        using (SharedLock.Scope scope = gate.Enter(acceptAbandoned: true))
            Check.That(scope.WasAbandoned);
        using (SharedLock.Scope scope = gate.Enter())
            Check.That(!scope.WasAbandoned);
    }

    private static async Task ChannelAsync(Setting setting)
    {
        Channel<string> words = Made(() => SharedChannel.CreateBounded<string>(10, setting.Isolation));
        Channel<int> lengths = Made(() => SharedChannel.CreateBounded<int>(10, setting.Isolation));
        await using WorkerPool pool = setting.CreatePool();
        Task work = pool.RunAsync(async token =>
        {
            await foreach (string word in words.Reader.ReadAllAsync(token))
                await lengths.Writer.WriteAsync(word.Length, token);
            lengths.Writer.Complete();
        });
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
                await words.Writer.WriteAsync(new string('x', i));
            words.Writer.Complete();
        });
        List<int> read = [];
        await foreach (int length in lengths.Reader.ReadAllAsync())
            read.Add(length);
        await Task.WhenAll(work, writing);
        Check.Sequence(Enumerable.Range(0, 200), read);
    }

    private static T Made<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (PlatformNotSupportedException e)
        {
            throw new SkipException(e.Message);
        }
    }
}
