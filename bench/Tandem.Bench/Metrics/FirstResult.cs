using System.Globalization;
using Tandem.Bench.Children;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>What a user waits for at the first call of a program: every round is a new process, in which nothing is warm.</summary>
internal static class FirstResult
{
    internal static Task RunAsync(Session session) => session.CompareAsync(
        Metric.FirstResult,
        Backend.Own.Select(backend => new Contender(backend, async () => (await ChildProcess.ReadFiguresAsync(ChildRoles.FirstResult, backend)).Single())),
        rounds: session.Scale(full: 9, quick: 5));

    /// <summary>In the new process: prints the milliseconds from before the pool is made to the result.</summary>
    internal static async Task RunChildAsync(string backend)
    {
        Clock clock = Clock.Start();
        double milliseconds;
        await using (WorkerPool pool = Backend.Open(backend, workers: 2))
        {
            _ = await pool.RunAsync(static () => 1);
            milliseconds = clock.Milliseconds;
        }

        Console.WriteLine(milliseconds.ToString(CultureInfo.InvariantCulture));
    }
}
