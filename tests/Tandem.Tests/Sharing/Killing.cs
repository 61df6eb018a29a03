using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Sharing;

/// <summary>Workers that die while they use what they share.</summary>
internal static class Killing
{
    /// <summary>Runs work again and again, whether its worker died or not.</summary>
    internal static async Task KeepRunningAsync(Func<Task> run, Func<bool> goesOn, Action onDeath)
    {
        while (goesOn())
        {
            try
            {
                await run();
            }
            catch (WorkerCrashedException)
            {
                onDeath();
            }
        }
    }

    /// <summary>Kills a worker that is at work, if there is one, and waits until its death has been got over.</summary>
    internal static async Task KillBusyWorkerAsync(WorkerPool pool, Random random)
    {
        int[] workers = [.. pool.Snapshot().Workers.Where(static worker => worker.State == WorkerState.Busy).Select(static worker => worker.Id)];
        if (workers.Length == 0)
            return;

        int victim = workers[random.Next(workers.Length)];
        Deaths.TryKill(victim); // on a machine that stands still, the pool may have ended it first
        await Eventually.Async(() => pool.Snapshot().Workers.All(worker => worker.Id != victim));
    }
}
