namespace Tandem.Testing;

/// <summary>Waits for what cannot be awaited: other processes, the kernel's view of them, files.</summary>
public static class Eventually
{
    private const int Interval = 2;
    private const string Missed = "What was waited for did not happen in time.";

    public static async Task Async(Func<bool> condition, TimeSpan? deadline = null, Func<string>? otherwise = null)
    {
        long end = Environment.TickCount64 + (long)(deadline ?? Limits.Condition).TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
                Assert.Fail(otherwise?.Invoke() ?? Missed);

            await Task.Delay(Interval);
        }
    }

    /// <summary>For work that runs in a worker, where no test framework is, and for code that cannot await.</summary>
    public static void Blocking(Func<bool> condition, Func<string>? otherwise = null)
    {
        long end = Environment.TickCount64 + (long)Limits.Condition.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
                throw new TimeoutException(otherwise?.Invoke() ?? Missed);

            Thread.Sleep(Interval);
        }
    }
}
