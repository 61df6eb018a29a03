namespace Tandem.Tests.Infrastructure;

/// <summary>How long things may take before a test gives up on them. No test passes or fails by how fast it is.</summary>
internal static class Limits
{
    /// <summary>For <see cref="FactAttribute.Timeout"/>, in milliseconds.</summary>
    internal const int Test = 60_000;

    /// <summary>How long a condition may take to become true.</summary>
    internal static readonly TimeSpan Condition = TimeSpan.FromSeconds(30);
}

/// <summary>Waits for what cannot be awaited: other processes, the kernel's view of them, files.</summary>
internal static class Eventually
{
    private const int Interval = 2;

    internal static async Task Async(Func<bool> condition, TimeSpan? deadline = null, Func<string>? otherwise = null)
    {
        long end = Environment.TickCount64 + (long)(deadline ?? Limits.Condition).TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
                Assert.Fail(otherwise?.Invoke() ?? "What was waited for did not happen in time.");

            await Task.Delay(Interval);
        }
    }

    /// <summary>For work that runs in a worker, where no test framework is.</summary>
    internal static void Blocking(Func<bool> condition)
    {
        long end = Environment.TickCount64 + (long)Limits.Condition.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
                throw new TimeoutException("What was waited for did not happen in time.");

            Thread.Sleep(Interval);
        }
    }
}
