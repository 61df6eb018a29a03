using System.Diagnostics;
using Tandem.Bench.Harness;
using Tandem.Bench.Report;
using Tandem.ServeBench.Experiments;
using Tandem.ServeBench.Report;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench;

/// <summary>Measures an application behind <c>tandem serve</c> beside the same application on its own, in one run.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        ServeBenchOptions options;
        try
        {
            if (arguments is ["--help" or "-h", ..])
                throw new FormatException("");

            options = ServeBenchOptions.Parse(arguments);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            Console.Error.WriteLine(e.Message.Length == 0 ? ServeBenchOptions.Usage : $"{e.Message}\n{ServeBenchOptions.Usage}");
            return e.Message.Length == 0 ? 0 : 2;
        }

        if (!File.Exists(options.App))
        {
            Console.Error.WriteLine($"There is no {options.App}: build tools/Tandem.Serve.TestApp, or name another with --app.");
            return 2;
        }

        return await RunAsync(options);
    }

    private static async Task<int> RunAsync(ServeBenchOptions options)
    {
        Console.WriteLine(Machine.Describe());
        bool failed = false;
        foreach (IGrouping<string, Experiment> section in Experiment.All.Where(options.Wants).GroupBy(static experiment => experiment.Section))
            failed |= !await RunAsync(options, section.Key, section);

        return failed ? 1 : 0;
    }

    /// <returns>Whether all could be measured.</returns>
    private static async Task<bool> RunAsync(ServeBenchOptions options, string section, IEnumerable<Experiment> experiments)
    {
        long start = Stopwatch.GetTimestamp();
        var report = new ServeReport();
        using var lab = new Lab(options, report);
        bool failed = false;
        if (!lab.HasTool)
            report.Note($"There is no {Path.GetFileName(options.Tool)}: only the plain server was measured.");

        foreach (Experiment experiment in experiments)
        {
            if (experiment.NeedsTool && !lab.HasTool)
                continue;

            Console.WriteLine($"\n== {experiment.Name}");
            try
            {
                await experiment.RunAsync(lab);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                failed = true;
                report.Note($"{experiment.Name}: {e.Message}");
            }
        }

        string text = report.Render();
        Console.WriteLine($"\n{text}\nTook {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s.");
        if (options.Markdown is { } file)
            MarkdownFile.Replace(file, text, section);

        return !failed;
    }
}
