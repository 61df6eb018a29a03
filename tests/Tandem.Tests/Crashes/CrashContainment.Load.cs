using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

public abstract partial class CrashContainment
{
    [Fact(Timeout = Limits.Test)]
    public async Task Calls_that_come_while_a_worker_dies_are_not_lost()
    {
        await using WorkerPool pool = Backend.Create(2);
        var dying = new TaskCompletionSource();
        Task submitting = Task.Run(async () =>
        {
            // Without a pause, so that calls fall into every moment of a worker's end.
            while (!dying.Task.IsCompleted)
                Assert.Equal(3, await pool.RunAsync(static (number, _) => number + 1, 2));
        });

        for (int i = 0; i < 20; i++)
            await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.Exit(1)));

        dying.SetResult();
        await submitting;
    }
}
