using System.Diagnostics;
using Tandem.Bench.Children;
using Tandem.Bench.Harness;
using Tandem.Bench.Peers;
using Tandem.Bench.Report;

namespace Tandem.Bench;

/// <summary>
/// Measures Tandem beside what a user would reach for instead, in one run, so that figures of the same minutes are compared.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        // First of all, so that a child that measures a start loads nothing of the harness.
        if (arguments is [ChildProcess.Role, ..])
            return await ChildRoles.RunAsync(arguments[1..]);

        if (!BenchOptions.TryParse(arguments, out BenchOptions options, out string? problem))
        {
            if (problem is not null)
                Console.Error.WriteLine(problem);
            Console.Error.WriteLine(BenchOptions.Usage);
            return problem is null ? 0 : 2;
        }

#if DEBUG
        Console.Error.WriteLine("This build has assertions (TANDEM_ASSERTIONS), so its figures say nothing. Build again without them.");
#endif
        return await RunAsync(options);
    }

    private static async Task<int> RunAsync(BenchOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        using var results = new ResultLog(options.Json);
        var session = new Session(options, results);
        Console.WriteLine(Machine.Describe());

        foreach (MetricGroup group in MetricGroup.All)
            await session.RunAsync(group);

        foreach (Peer peer in Peer.All(options))
            await session.RunAsync(peer);

        string report = PerformanceReport.Render(results, session.Notes);
        Console.WriteLine();
        Console.WriteLine(report);
        Console.WriteLine($"Took {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s.");
        if (options.Markdown is { } file)
            MarkdownFile.Replace(file, report);

        return session.HasFailures ? 1 : 0;
    }
}
