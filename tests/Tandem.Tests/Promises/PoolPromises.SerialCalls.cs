using System.Diagnostics;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <summary>Long calls one after the other: the caller may wait for the answer inside the call, which nothing else may show.</summary>
public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Long_calls_one_after_the_other_have_their_own_results_and_errors()
    {
        for (int i = 0; i < 100; i++)
        {
            int number = i;
            if (i % 7 == 3)
                await Assert.ThrowsAsync<FormatException>(() => Pool.RunAsync(() => Long(number) == number ? throw new FormatException() : 0));
            else
                Assert.Equal(number, await Pool.RunAsync(() => Long(number)));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_call_that_waits_for_what_its_caller_does_next_gets_it()
    {
        for (int round = 0; round < 5; round++)
        {
            await CallOftenAsync();
            Gate gate = NewGate();
            Task<int> call = Pool.RunAsync(() =>
            {
                gate.Pass();
                return 7;
            });
            gate.Open();

            Assert.Equal(7, await call);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_call_is_cancelled_by_what_its_caller_does_next()
    {
        for (int round = 0; round < 5; round++)
        {
            await CallOftenAsync();
            using var source = new CancellationTokenSource();
            Task call = Pool.RunAsync(static async token => await Task.Delay(Timeout.Infinite, token), cancellationToken: source.Token);
            await source.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }
    }

    private async Task CallOftenAsync()
    {
        for (int i = 0; i < 30; i++)
            await Pool.RunAsync(static () => Long(1));
    }

    private static int Long(int number)
    {
        long end = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 2000;
        while (Stopwatch.GetTimestamp() < end)
        {
        }

        return number;
    }
}
