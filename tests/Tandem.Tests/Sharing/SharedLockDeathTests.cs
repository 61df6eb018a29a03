using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Sharing;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Sharing;

/// <summary>
/// Owners and waiters that are killed: at random moments, and in each step of entering and leaving. Never a deadlock, never two owners.
/// TANDEM_LOCK_DEATHS sets how many die of each kind (150); 5,000 by hand.
/// </summary>
public sealed class SharedLockDeathTests
{
    private static readonly int Each =
        int.Parse(Environment.GetEnvironmentVariable("TANDEM_LOCK_DEATHS") ?? "150", CultureInfo.InvariantCulture);

    private static readonly LockStep[] Steps = Enum.GetValues<LockStep>();

    [Fact(Timeout = 1_800_000)]
    public Task Owners_that_are_killed_at_random_moments_block_nobody() => RunAsync(
        static (state, _) => { state.Loop(); return 0; },
        async (pool, state, random) =>
        {
            // Somewhere in the middle of its work, whatever that is.
            long entries = state.Entries.Value;
            await Eventually.Async(() => state.Entries.Value > entries + random.Next(200), otherwise: () => "Nobody gets the lock any more.");
            await Killing.KillBusyWorkerAsync(pool, random);
        });

    [Fact(Timeout = 1_800_000)]
    public Task Owners_and_waiters_that_end_in_any_step_block_nobody() => RunAsync(
        static (state, _) => { state.LoopUntil(Steps[(int)(state.Deaths.Increment() % Steps.Length)]); return 0; },
        async (_, state, _) =>
        {
            long entries = state.Entries.Value;
            await Eventually.Async(() => state.Entries.Value > entries, otherwise: () => "Nobody gets the lock any more.");
        });

    private static async Task RunAsync(Func<State, CancellationToken, int> work, Func<WorkerPool, State, Random, Task> disturb)
    {
        using var state = new State();
        await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions
        {
            Transport = WorkerTransport.SharedMemory,
            MaxWorkers = 3,
            SpareWorkers = 2,
            MaxRestarts = int.MaxValue,
            LoggerFactory = NullLoggerFactory.Instance,
        });
        var random = new Random(4711);
        int deaths = 0;
        Task[] owners = [.. Enumerable.Range(0, 3).Select(_ => Killing.KeepRunningAsync(
            () => pool.RunAsync(work, state), () => state.Stop.Value == 0, () => Interlocked.Increment(ref deaths)))];
        while (Volatile.Read(ref deaths) < Each)
            await disturb(pool, state, random);

        state.Stop.Increment();
        await Task.WhenAll(owners).WaitAsync(Limits.Condition);
        Assert.Equal(0, state.Violations.Value);
    }

    private sealed class State : IDisposable
    {
        internal SharedLock Gate { get; } = new();

        internal SharedCounter Inside { get; } = new();

        internal SharedCounter Entries { get; } = new();

        internal SharedCounter Violations { get; } = new();

        internal SharedCounter Stop { get; } = new();

        internal SharedCounter Deaths { get; } = new();

        internal void Loop()
        {
            while (Stop.Value == 0)
                Once();
        }

        internal void LoopUntil(LockStep last)
        {
            int left = 20;
            RobustLock.Steps = step =>
            {
                if (step == last && --left == 0)
                    Infrastructure.Deaths.Die(Death.Killed);
            };
            Loop();
        }

        public void Dispose()
        {
            foreach (IDisposable shared in (IDisposable[])[Gate, Inside, Entries, Violations, Stop, Deaths])
                shared.Dispose();
        }

        private void Once()
        {
            using SharedLock.Scope scope = Gate.Enter(acceptAbandoned: true);
            // Who dies inside leaves a 1, and the word of it in the lock.
            if (Inside.Exchange(1) != 0 && !scope.WasAbandoned)
                Violations.Increment();
            Entries.Increment();
            Thread.SpinWait(20);
            if (Inside.Exchange(0) != 1)
                Violations.Increment();
        }
    }
}
