using System.Diagnostics;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>How long a pool with a spare is without an answer after its only worker was killed.</summary>
internal static class Recovery
{
    internal static async Task RunAsync(Session session)
    {
        if (!session.Wants(Backend.Processes))
            return;

        await using var pool = WorkerPool.Create(new WorkerPoolOptions { Workers = 1, SpareWorkers = 1 });
        List<double> times = [];
        int kills = session.Scale(full: 300, quick: 25);
        for (int i = 0; i < kills; i++)
        {
            int killed = await pool.RunAsync(static () => Environment.ProcessId);
            while (!pool.Snapshot().Workers.Any(static worker => worker is { IsSpare: true, State: WorkerState.Idle }))
                await Task.Delay(1);

            await IdleMemory.SettleAsync();
            using var process = Process.GetProcessById(killed);
            Clock clock = Clock.Start();
            process.Kill();
            int next = await pool.RunAsync(static () => Environment.ProcessId);
            if (next != killed)
                times.Add(clock.Milliseconds); // otherwise it had answered before the signal came
        }

        times.Sort();
        await session.CompareAsync(Metric.Recovery, [new Contender(Backend.Processes, () => Task.FromResult(times[times.Count / 2]))], rounds: 1, warmUps: 0);
        await session.CompareAsync(Metric.RecoveryWorst, [new Contender(Backend.Processes, () => Task.FromResult(times[(times.Count - 1) * 99 / 100]))], rounds: 1, warmUps: 0);
    }
}
