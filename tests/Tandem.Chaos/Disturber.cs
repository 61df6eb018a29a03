using System.Runtime.InteropServices;

namespace Tandem.Chaos;

/// <summary>Does to workers what a bad day does: kills them, stops them for a while, and has the pool grow and shrink.</summary>
internal sealed partial class Disturber(WorkerPool pool, Random random, TimeSpan killEvery)
{
    private const int SIGKILL = 9;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;

    internal int Kills { get; private set; }

    internal int Stops { get; private set; }

    internal int Resizes { get; private set; }

    internal async Task RunAsync(CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            // Exponential gaps: kills come in bursts, as they do.
            double gap = -Math.Log(1 - random.NextDouble()) * killEvery.TotalMilliseconds;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(gap, 2000)), token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            int[] workers = [.. pool.Snapshot().Workers.Where(static worker => worker.State is not WorkerState.Dead).Select(static worker => worker.Id).Where(static id => id > 0)];
            if (workers.Length == 0 || token.IsCancellationRequested)
                continue;

            int victim = workers[random.Next(workers.Length)];
            int dice = random.Next(20);
            if (dice == 0)
                Resize();
            else if (dice < 4)
                await StopForAWhileAsync(victim).ConfigureAwait(false);
            else
                Kills += Send(victim, SIGKILL);
        }
    }

    private void Resize()
    {
        pool.Resize(random.Next(1, 5));
        Resizes++;
    }

    private async Task StopForAWhileAsync(int victim)
    {
        Stops += Send(victim, SIGSTOP);
        await Task.Delay(random.Next(1, 100), CancellationToken.None).ConfigureAwait(false);
        Send(victim, SIGCONT);
    }

    // A worker that has just ended was reaped by its parent, which is this process: nobody else can have its number already, short of
    // all numbers having been used since the snapshot.
    private static int Send(int process, int signal) => Kill(process, signal) == 0 ? 1 : 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
