using System.Reflection;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Work_finds_the_program_that_it_belongs_to()
    {
        await using WorkerPool pool = Backend.Create(1);

        (string? Entry, string Folder) there = await pool.RunAsync(static () => (Assembly.GetEntryAssembly()?.Location, AppContext.BaseDirectory));

        Assert.Equal((Assembly.GetEntryAssembly()?.Location, AppContext.BaseDirectory), there);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task As_many_items_run_at_once_as_there_are_workers_and_no_more()
    {
        Trail running = NewTrail();
        Gate gate = NewGate();
        await using WorkerPool pool = Backend.Create(2);

        Task[] calls = [.. Enumerable.Range(0, 6).Select(i => pool.RunAsync(() =>
        {
            running.Add(i);
            gate.Pass();
        }))];
        await running.ReachedAsync(2);
        // A third would have had every chance: two round trips through the queue's other end.
        Assert.Equal(2, running.Count);
        gate.Open();
        await Task.WhenAll(calls);

        Assert.Equal(6, running.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_runs_several_items_at_once_when_asked_to()
    {
        Trail running = NewTrail();
        Gate gate = NewGate();
        await using WorkerPool pool = Backend.Create(1, options => options.ConcurrencyPerWorker = 4);

        Task<(int Process, int Thread)>[] calls = [.. Enumerable.Range(0, 4).Select(i => pool.RunAsync(() =>
        {
            running.Add(i);
            gate.Pass();
            return (Environment.ProcessId, Environment.CurrentManagedThreadId);
        }))];
        await running.ReachedAsync(4);
        gate.Open();
        (int Process, int Thread)[] places = await Task.WhenAll(calls);

        Assert.Single(places.Select(place => place.Process).Distinct());
        Assert.Equal(4, places.Select(place => place.Thread).Distinct().Count());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Concurrent_lanes_keep_their_calls_apart()
    {
        await using WorkerPool pool = Backend.Create(2, options => options.ConcurrencyPerWorker = 3);
        byte[] large = new byte[150_000];

        int[] results = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => pool.RunAsync(
            static async (input, token) =>
            {
                await Task.Yield();
                return input.i + input.Item2.Length;
            },
            (i, i % 10 == 0 ? large : []))));

        Assert.Equal(Enumerable.Range(0, 400).Select(i => i + (i % 10 == 0 ? large.Length : 0)), results);
        Assert.Equal(Enumerable.Range(0, 5_000), await pool.MapAsync(Enumerable.Range(0, 5_000), static i => i).ToListAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_state_is_built_once_in_each_worker_and_disposed_with_it()
    {
        Trail built = NewTrail(), disposed = NewTrail(), met = NewTrail();
        Gate gate = NewGate();
        WorkerPool<Samples.State> pool = Backend.Create(Backend.Options(2), () =>
        {
            built.Add(Guid.NewGuid());
            return new Samples.State(disposed);
        });

        Task[] meeting = [.. Enumerable.Range(0, 2).Select(i => pool.RunAsync((Samples.State _) =>
        {
            met.Add(i);
            gate.Pass();
        }))];
        await met.ReachedAsync(2);
        gate.Open();
        await Task.WhenAll(meeting);
        int[] calls = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => pool.RunAsync(static (Samples.State state) => state.Call())));
        await pool.DisposeAsync();

        Assert.Equal(2, built.Count);
        Assert.Equal(2, disposed.Count);
        Assert.Equal(40, calls.GroupBy(call => call).Sum(group => group.Count()));
        Assert.All(calls.GroupBy(call => call), group => Assert.InRange(group.Count(), 1, 2));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Every_form_of_work_on_a_state_runs()
    {
        await using WorkerPool<List<int>> pool = Backend.Create(Backend.Options(1), static () => new List<int> { 10 });
        int more = 5;

        Assert.Equal(15, await pool.RunAsync((List<int> state) => state[0] + more));
        Assert.Equal(16, await pool.RunAsync(async (List<int> state, CancellationToken token) =>
        {
            await Task.Delay(1, token);
            return state[0] + more + 1;
        }));
        await pool.RunAsync(static (List<int> state) => state.Add(7));
        Assert.Equal(2, await pool.RunAsync(static (List<int> state) => state.Count));
        Assert.Equal([11, 12, 13], await pool.MapAsync([1, 2, 3], static (List<int> state, int i) => state[0] + i).ToListAsync());
        Assert.Equal(3, await pool.RunAsync(static () => 3));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_state_that_cannot_be_built_fails_what_waits_with_the_cause()
    {
        await using WorkerPool<int> pool = Backend.Create<int>(Backend.Options(1), static () => throw new NotSupportedException("no model here"));

        Task<int>[] calls = [.. Enumerable.Range(0, 3).Select(_ => pool.RunAsync(static (int state) => state))];

        HashSet<Exception> seen = new(ReferenceEqualityComparer.Instance);
        foreach (Task<int> call in calls)
        {
            WorkerStartException failed = await Assert.ThrowsAsync<WorkerStartException>(() => call);
            Assert.True(seen.Add(failed));
            Assert.Contains("no model here", failed.Message, StringComparison.Ordinal);
            Assert.IsType<NotSupportedException>(failed.InnerException);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_state_factory_may_be_asynchronous_inside_and_may_capture()
    {
        string[] words = ["a", "b"];
        await using WorkerPool<string> pool = Backend.Create(Backend.Options(1), () => string.Join('-', words));

        Assert.Equal("a-b", await pool.RunAsync(static (string state) => state));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_start_with_the_pool_when_asked_to_and_with_the_first_work_otherwise()
    {
        Assert.SkipUnless(Backend.CanKill, "Threads start too fast for anybody to see.");
        using var lazy = new CapturedLog();
        await using WorkerPool later = Backend.Create(2, options => options.LoggerFactory = lazy);
        using var eager = new CapturedLog();
        await using WorkerPool now = Backend.Create(2, options => (options.StartEagerly, options.LoggerFactory) = (true, eager));

        await Eventually.Async(() => eager.Entries.Count(entry => entry.Text.EndsWith(": Ready", StringComparison.Ordinal)) == 2);
        Assert.Empty(lazy.Entries);

        await later.RunAsync(static () => 1);
        // Loggers are called in the background.
        await Eventually.Async(() => lazy.Entries.Any(entry => entry.Text.EndsWith(": Ready", StringComparison.Ordinal)));
        Assert.Single(lazy.Entries, entry => entry.Text.EndsWith(": Ready", StringComparison.Ordinal));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_may_submit_more_work()
    {
        if (Backend.CopiesValues)
        {
            // The pool itself stays where it is; a worker has pools of its own.
            WorkerTransport transport = Backend.Transport;
            Assert.Equal(30, await Pool.RunAsync(async () =>
            {
                await using WorkerPool inner = WorkerPool.Create(new ProcessPoolOptions { Transport = transport, MaxWorkers = 1 });
                return await inner.RunAsync(static () => 10) + await inner.RunAsync(static () => 20);
            }));
            if (!Backend.HasProcesses)
                return; // or the pool in the static field would stay in this process

            Assert.Equal(21, await Pool.RunAsync(static async () => await Samples.OwnPool.Value.RunAsync(static async () =>
                1 + await Samples.OwnPool.Value.RunAsync(static () => 20))));
            return;
        }

        WorkerPool pool = Pool;
        Assert.Equal(30, await pool.RunAsync(async () => await pool.RunAsync(static () => 10) + 20));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Environment_variables_reach_workers_and_can_be_taken_away()
    {
        Assert.SkipUnless(Backend.HasProcesses, "A thread shares the environment.");
        await using WorkerPool pool = Backend.CreateProcesses(1, options =>
        {
            options.Environment["TANDEM_TEST_ADDED"] = "a=b";
            options.Environment["PATH"] = null;
        });

        (string? added, string? path) = await pool.RunAsync(static () => (Environment.GetEnvironmentVariable("TANDEM_TEST_ADDED"), Environment.GetEnvironmentVariable("PATH")));

        Assert.Equal("a=b", added);
        Assert.True(string.IsNullOrEmpty(path));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_may_have_a_folder_for_temporary_files_of_their_own()
    {
        Assert.SkipUnless(Backend.HasProcesses, "A thread shares the environment.");
        string folder = NewTrail().Folder;
        await using WorkerPool pool = Backend.CreateProcesses(1, options =>
        {
            foreach (string variable in SystemPaths.TemporaryFolderVariables)
                options.Environment[variable] = folder;
        });

        Assert.StartsWith(folder, await pool.RunAsync(Path.GetTempPath), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Items_that_wait_for_each_other_run_at_the_same_time_also_after_short_calls()
    {
        await using WorkerPool pool = Backend.Create(3);
        for (int i = 0; i < 100; i++)
            await pool.RunAsync(static () => 1);

        for (int round = 0; round < 3; round++)
        {
            Gate[] gates = [NewGate(), NewGate(), NewGate()];
            await Task.WhenAll(Enumerable.Range(0, gates.Length).Select(i => pool.RunAsync(() => Meet(gates, i))));
        }

        static void Meet(Gate[] gates, int number)
        {
            gates[number].Open();
            foreach (Gate gate in gates)
                gate.Pass();
        }
    }
}
