using System.Diagnostics;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>How long a pool is without an answer after its only worker was killed.</summary>
internal static class Replacement
{
    internal static async Task RunAsync(Session session)
    {
        await using var pools = PoolSet.Open(session, 1, Backend.Processes, Backend.Mapped, Backend.Portable);
        await session.CompareAsync(Metric.Replacement, pools.Each((pool, _) => KillAsync(pool)), rounds: session.Scale(full: 15, quick: 5));
    }

    private static async Task<double> KillAsync(WorkerPool pool)
    {
        int killed = await pool.RunAsync(static () => Environment.ProcessId);
        using var process = Process.GetProcessById(killed);
        await IdleMemory.SettleAsync();
        Clock clock = Clock.Start();
        process.Kill();
        int next = await pool.RunAsync(static () => Environment.ProcessId);
        double milliseconds = clock.Milliseconds;
        return next != killed ? milliseconds : throw new InvalidDataException("The killed worker still answered.");
    }
}
