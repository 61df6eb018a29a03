using System.Text;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Theory(Timeout = Limits.Test)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Each_worker_runs_the_initializer_once_whatever_it_runs_at_once(int concurrency)
    {
        Trail initialized = NewTrail(), met = NewTrail();
        Gate gate = NewGate();
        await using WorkerPool pool = Backend.Create(2, options =>
        {
            options.ConcurrencyPerWorker = concurrency;
            options.InitializeWorker = () => initialized.Add(Guid.NewGuid());
        });

        Task[] meeting = [.. Enumerable.Range(0, 2 * concurrency).Select(i => pool.RunAsync(() =>
        {
            met.Add(i);
            gate.Pass();
        }))];
        await met.ReachedAsync(2 * concurrency);
        Assert.Equal(2, initialized.Count);
        gate.Open();
        await Task.WhenAll(meeting);
        await pool.MapAsync(Enumerable.Range(0, 500), static i => i).ToListAsync();

        Assert.Equal(2, initialized.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_initializer_runs_before_the_state_factory_and_the_first_item()
    {
        Trail order = NewTrail();
        WorkerPoolOptions options = Backend.Options(1);
        options.InitializeWorker = () => order.Add($"{order.Count}-initializer");
        await using WorkerPool<string> pool = Backend.Create(options, () =>
        {
            order.Add($"{order.Count}-state");
            return "the state";
        });

        string state = await pool.RunAsync((string state) =>
        {
            order.Add($"{order.Count}-item");
            return state;
        });

        Assert.Equal("the state", state);
        Assert.Equal(["0-initializer", "1-state", "2-item"], order.Names);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_the_initializer_sets_for_its_process_holds_for_items()
    {
        const string Switch = "Tandem.Tests.IsInitialized";
        await using WorkerPool pool = Backend.Create(2, static options => options.InitializeWorker = static () =>
        {
            Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
            AppContext.SetSwitch(Switch, true);
        });

        string[] seen = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pool.RunAsync(
            static () => $"{AppContext.TryGetSwitch(Switch, out bool isSet) && isSet} {Encoding.GetEncoding(1252).GetString([0x80])}")));

        Assert.All(seen, static one => Assert.Equal("True €", one));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_initializer_that_fails_fails_what_waits_with_the_cause_and_the_state_factory_does_not_run()
    {
        Trail built = NewTrail();
        WorkerPoolOptions options = Backend.Options(1);
        options.InitializeWorker = static () => throw new NotSupportedException("no such provider");
        await using WorkerPool<int> pool = Backend.Create(options, () =>
        {
            built.Add(Guid.NewGuid());
            return 1;
        });

        Task<int>[] calls = [.. Enumerable.Range(0, 3).Select(_ => pool.RunAsync(static (int state) => state))];

        HashSet<Exception> seen = new(ReferenceEqualityComparer.Instance);
        foreach (Task<int> call in calls)
        {
            WorkerStartException failed = await Assert.ThrowsAsync<WorkerStartException>(() => call);
            Assert.True(seen.Add(failed));
            Assert.Contains(nameof(WorkerPoolOptions.InitializeWorker), failed.Message, StringComparison.Ordinal);
            Assert.Contains("no such provider", failed.Message, StringComparison.Ordinal);
            Assert.IsType<NotSupportedException>(failed.InnerException);
        }

        Assert.Equal(0, built.Count);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_worker_whose_start_failed_is_tried_again_and_runs_items_when_the_cause_is_gone(bool isInitializer)
    {
        Gate allowed = NewGate();
        WorkerPoolOptions options = Backend.Options(1);
        if (options is ProcessPoolOptions processes)
            (processes.MaxRestarts, processes.RestartPeriod) = (1, TimeSpan.FromMilliseconds(200));
        Action check = () => ThrowUnless(allowed.IsOpen);
        options.InitializeWorker = isInitializer ? check : null;
        await using WorkerPool<int> pool = Backend.Create(options, () =>
        {
            ThrowUnless(allowed.IsOpen);
            return 42;
        });

        WorkerStartException failed = await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static (int state) => state));
        Assert.Equal(isInitializer, failed.Message.Contains(nameof(WorkerPoolOptions.InitializeWorker), StringComparison.Ordinal));
        allowed.Open();
        int? result = null;
        while (result is null)
            result = await UnlessStartFailsAsync(() => pool.RunAsync(static (int state) => state));

        Assert.Equal(42, result);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task What_an_initializer_captures_travels_or_is_refused_when_the_pool_is_made()
    {
        string[] words = ["a", "b"];
        Trail trail = NewTrail();
        await using WorkerPool pool = Backend.Create(1, options => options.InitializeWorker = () => trail.Add(string.Join('-', words)));
        await pool.RunAsync(static () => { });
        Assert.Equal(["a-b"], trail.Names);

        if (!Backend.CopiesValues)
            return;

        var thread = new Thread(static () => { });
        WorkSerializationException refused = Assert.Throws<WorkSerializationException>(
            () => Backend.Create(1, options => options.InitializeWorker = () => GC.KeepAlive(thread)));
        Assert.Contains(nameof(thread), refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public void An_initializer_for_whose_end_nobody_can_wait_is_refused()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => Backend.Create(1, static options => options.InitializeWorker = async () => await Task.Yield()));

        Assert.Equal(nameof(WorkerPoolOptions.InitializeWorker), refused.ParamName);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Replacements_and_spares_are_initialized_too()
    {
        Assert.SkipUnless(Backend.CanKill, "Threads are not replaced after a crash, and have no spares.");
        await using WorkerPool pool = Backend.CreateProcesses(1, static options =>
        {
            options.SpareWorkers = 1;
            options.MaxItemsPerWorker = 3;
            options.InitializeWorker = static () => Initialized.Times++;
        });

        var workers = new HashSet<int>();
        for (int i = 0; i < 12; i++)
        {
            (int process, int times) = await pool.RunAsync(static () => (Environment.ProcessId, Initialized.Times));
            Assert.Equal(1, times);
            workers.Add(process);
            if (i % 4 == 0)
                await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.FailFast("on purpose")));
        }

        Assert.True(workers.Count > 3, $"{workers.Count} workers");
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_initializer_that_ends_its_process_or_does_not_return_is_a_failed_start(bool hangs)
    {
        Assert.SkipUnless(Backend.CanKill, "A thread can neither end alone nor be ended.");
        await using WorkerPool pool = Backend.CreateProcesses(1, options =>
        {
            options.MaxRestarts = 1;
            options.StartTimeout = hangs ? TimeSpan.FromSeconds(2) : Limits.Condition;
            options.InitializeWorker = () =>
            {
                if (!hangs)
                    Environment.Exit(3);
                Thread.Sleep(Timeout.Infinite);
            };
        });

        await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static () => 1));
        Assert.InRange(pool.Snapshot().Totals.FailedStarts, 1, int.MaxValue);
    }

    private static void ThrowUnless(bool condition)
    {
        if (!condition)
            throw new InvalidDataException("not yet");
    }

    private static async Task<T?> UnlessStartFailsAsync<T>(Func<Task<T>> call)
        where T : struct
    {
        try
        {
            return await call();
        }
        catch (WorkerStartException)
        {
            return null;
        }
    }

    private static class Initialized
    {
        internal static int Times;
    }
}
