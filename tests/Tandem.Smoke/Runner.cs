using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tandem.Smoke;

/// <summary>Runs scenarios and reports them.</summary>
internal static class Runner
{
    /// <returns>The exit code of the program.</returns>
    internal static async Task<int> RunAsync(SmokeOptions options)
    {
        Scenario[] scenarios = [.. Catalogue.All.Where(scenario => options.Names.Count > 0
            ? options.Names.Contains(scenario.Name)
            : !scenario.NeedsProcesses || options.Isolation == Isolation.Process)];
        if (options.OnlyLists)
        {
            foreach (Scenario scenario in scenarios)
                Console.WriteLine(scenario.Name);
            return 0;
        }

        Console.WriteLine(
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription}, "
            + $"process {Environment.ProcessId}, {(options.Isolation == Isolation.Thread ? "threads" : options.Transport)}");
        int passed = 0, failed = 0, skipped = 0;
        long start = Stopwatch.GetTimestamp();
        foreach (Scenario scenario in scenarios)
        {
            string line;
            try
            {
                if (options.Skipped.TryGetValue(scenario.Name, out string? reason))
                    throw new SkipException(reason);
                if (scenario.NeedsProcesses && options.Isolation == Isolation.Thread)
                    throw new SkipException("it is about worker processes");

                await RunAsync(scenario, options);
                passed++;
                line = $"pass {scenario.Name}";
            }
            catch (SkipException e)
            {
                skipped++;
                line = $"skip {scenario.Name}: {e.Message}";
            }
            catch (Exception e)
            {
                failed++;
                line = $"FAIL {scenario.Name}: {Describe(e)}";
            }

            Console.WriteLine(line);
        }

        // For people only. Nothing is decided by it.
        Console.WriteLine($"took {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
        Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 ? 0 : 1;
    }

    private static async Task RunAsync(Scenario scenario, SmokeOptions options)
    {
        using var setting = new Setting(options);
        // On another thread, so that a scenario that blocks is noticed, too.
        Task run = Task.Run(() => scenario.RunAsync(setting));
        try
        {
            await run.WaitAsync(options.Deadline);
        }
        catch (TimeoutException) when (!run.IsCompleted)
        {
            throw new SmokeException($"it hangs: it did not end within {options.Deadline.TotalSeconds:F0} s");
        }
    }

    /// <summary>On one line, with where it happened.</summary>
    private static string Describe(Exception error)
    {
        string text = error is SmokeException ? error.Message : error.ToString();
        return string.Join(" | ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}
