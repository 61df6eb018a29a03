#if DEBUG
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Tests.Crashes;

/// <summary>In builds with assertions, as CI tests them.</summary>
public sealed class FailedAssertionTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task An_assertion_that_fails_in_a_worker_ends_it_and_is_named()
    {
        await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, LoggerFactory = NullLoggerFactory.Instance });

        WorkerCrashedException crash = await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () =>
        {
            try
            {
                Debug.Assert(Environment.ProcessId < 0, "a number of a process is positive");
            }
            catch (Exception)
            {
                // As code that survives every exception does.
            }
        }));

        Assert.Contains("a number of a process is positive", crash.StandardErrorTail, StringComparison.Ordinal);
    }
}
#endif
