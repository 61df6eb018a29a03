namespace Tandem.Tests.Threading;

public class ShrinkingTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task Threads_that_are_about_to_sleep_notice_that_they_are_too_many()
    {
        await using var pool = WorkerPool.Threads(1);
        for (int round = 0; round < 100; round++)
        {
            pool.Resize(4);
            await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => pool.RunAsync(static () => Thread.SpinWait(100))));

            // Somewhere between the last item and the threads' sleep.
            Thread.SpinWait(round * 100);
            pool.Resize(1);
            await Eventually.Async(() => pool.Snapshot().Workers.Count <= 1);
        }
    }
}
