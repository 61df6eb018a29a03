using System.Diagnostics;
using System.Globalization;
using Tandem.Bench.Children;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>What a user waits for at the first call of a program: every round is a new process, in which nothing is warm.</summary>
internal static class FirstResult
{
    internal static Task RunAsync(Session session) => session.CompareAsync(
        Metric.FirstResult,
        Backend.Own.Select(backend => new Contender(backend, () => StartAsync(backend))),
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

    private static async Task<double> StartAsync(string backend)
    {
        using Process child = ChildProcess.Start(ChildRoles.FirstResult, backend);
        string output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return double.TryParse(output, CultureInfo.InvariantCulture, out double milliseconds) && child.ExitCode == 0
            ? milliseconds
            : throw new InvalidDataException($"The new process ended with {child.ExitCode} and printed \"{output.Trim()}\".");
    }
}
