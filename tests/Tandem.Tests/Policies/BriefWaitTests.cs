using Tandem.BackgroundWork;

namespace Tandem.Tests.Policies;

/// <summary>Threads of the thread pool that wait in the kernel for a short time.</summary>
public sealed class BriefWaitTests
{
    [Fact]
    public void An_event_before_the_wait_ends_it_at_once()
    {
        var wait = new BriefWait();
        wait.Set();

        Assert.True(wait.Wait(Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public void An_event_that_was_reset_is_forgotten()
    {
        var wait = new BriefWait();
        wait.Set();
        wait.Reset();

        Assert.False(wait.Wait(TimeSpan.Zero));
    }

    [Fact]
    public void An_event_of_another_thread_ends_the_wait()
    {
        var wait = new BriefWait();
        var thread = new Thread(wait.Set);
        thread.Start();
        bool occurred;
        do
            occurred = wait.Wait(TimeSpan.FromSeconds(1));
        while (!occurred); // other tests queue work, which ends the wait early

        thread.Join();
        Assert.True(occurred);
    }

    [Fact]
    public void A_thread_outside_of_the_thread_pool_does_not_wait()
    {
        bool isAllowed = true;
        var thread = new Thread(() => isAllowed = BriefWait.IsAllowed());
        thread.Start();
        thread.Join();

        Assert.False(isAllowed);
    }

    [Fact]
    public async Task A_thread_that_a_synchronization_context_needs_does_not_wait()
    {
        bool isAllowed = await Task.Run(static () =>
        {
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            bool allowed = BriefWait.IsAllowed();
            SynchronizationContext.SetSynchronizationContext(null);
            return allowed;
        });

        Assert.False(isAllowed);
    }
}
