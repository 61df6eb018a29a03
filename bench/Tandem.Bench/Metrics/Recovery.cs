using System.Diagnostics;
using System.Globalization;
using Tandem.Bench.Children;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>
/// How long a pool with a spare is without an answer after its only worker was killed. In a process of its own: what ran before here
/// would leave threads of the .NET thread pool that spin, and share the processors with the kernel as it frees the dead process.
/// </summary>
internal static class Recovery
{
    internal static async Task RunAsync(Session session)
    {
        if (!session.Wants(Backend.Processes))
            return;

        double[] times = await ChildProcess.ReadFiguresAsync(ChildRoles.Recovery, session.Scale(full: 300, quick: 25).ToString(CultureInfo.InvariantCulture));
        Array.Sort(times);
        await session.CompareAsync(Metric.Recovery, [new Contender(Backend.Processes, () => Task.FromResult(times[times.Length / 2]))], rounds: 1, warmUps: 0);
        await session.CompareAsync(Metric.RecoveryWorst, [new Contender(Backend.Processes, () => Task.FromResult(times[(times.Length - 1) * 99 / 100]))], rounds: 1, warmUps: 0);
    }

    /// <summary>In the new process: prints the milliseconds of each recovery.</summary>
    internal static async Task RunChildAsync(int kills)
    {
        await using var pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, SpareWorkers = 1 });
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
                Console.WriteLine(clock.Milliseconds.ToString(CultureInfo.InvariantCulture)); // otherwise it had answered before the signal came
        }
    }
}
