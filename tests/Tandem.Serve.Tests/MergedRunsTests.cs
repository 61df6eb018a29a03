namespace Tandem.Serve.Tests;

/// <summary>Requests for the same action are merged while it runs.</summary>
public sealed class MergedRunsTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task All_requests_that_come_during_a_run_are_answered_by_one_further_run()
    {
        var ends = new[] { new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource() };
        var begun = new[] { new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource() };
        int runs = 0;
        int waiting = 0;
        var merged = new MergedRuns(
            () =>
            {
                int run = runs++;
                begun[run].SetResult();
                return ends[run].Task;
            },
            () => waiting++);
        Task first = merged.RequestAsync();
        await begun[0].Task;
        Task[] during = [.. Enumerable.Range(0, 10).Select(_ => merged.RequestAsync())];
        Assert.Equal(1, waiting);
        Assert.Equal(1, runs);

        ends[0].SetResult();
        await first;
        await begun[1].Task;
        Task later = merged.RequestAsync(); // the second run has begun, and may have passed what this one is about
        Assert.All(during, static request => Assert.False(request.IsCompleted));
        ends[1].SetResult();
        await Task.WhenAll(during);
        Assert.False(later.IsCompleted);
        ends[2].SetResult();
        await later;
        Assert.Equal(3, runs);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_run_that_fails_fails_for_those_who_asked_for_it_and_the_next_one_runs()
    {
        var end = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        int runs = 0;
        var merged = new MergedRuns(() =>
        {
            if (runs++ > 0)
                return Task.CompletedTask;

            begun.SetResult();
            return end.Task;
        });
        Task first = merged.RequestAsync();
        await begun.Task;
        Task second = merged.RequestAsync();
        end.SetException(new ServeException(ServeExitCode.Refused, "no"));
        await Assert.ThrowsAsync<ServeException>(() => first);
        await second;
        await merged.RequestAsync();
        Assert.Equal(3, runs);
    }
}
