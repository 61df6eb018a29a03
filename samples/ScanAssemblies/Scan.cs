using Spectre.Console;
using Tandem;

namespace ScanAssemblies;

/// <summary>The whole run: find, warm up, scan three times, report.</summary>
internal static class Scan
{
    internal static async Task<int> RunAsync(string? folder, int workers, string? json, CancellationToken cancellation)
    {
        string root = Path.GetFullPath(folder ?? Discovery.DotnetRoot);
        if (Refusal(root, json) is { } refusal)
        {
            Console.Error.WriteLine(refusal);
            return ExitCode.BadUsage;
        }

        bool live = Display.IsLive;
        IAnsiConsole console = Display.CreateConsole(live);
        FoundFiles found = Discovery.Find(root);
        var report = new Report(console, found, workers);
        report.WriteHeader();
        try
        {
            Run[] runs = found.Files.Length == 0
                ? []
                : await Display.ShowAsync(console, live, display => RunAllAsync(found.Files, workers, display, cancellation));
            Comparison comparison = Comparison.Of(found.Files, runs);
            report.WriteResult(runs, comparison);
            if (json is not null)
                JsonReport.Write(json, found, workers, runs, comparison);

            return comparison.AreEqual ? ExitCode.Equal : ExitCode.NotEqual;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Console.Error.WriteLine("Cancelled.");
            return ExitCode.Cancelled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && json is not null)
        {
            Console.Error.WriteLine($"The result could not be written to '{json}': {e.Message}");
            return ExitCode.BadUsage;
        }
        catch (WorkerStartException e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCode.NotEqual;
        }
    }

    private static async Task<Run[]> RunAllAsync(string[] files, int workers, Display display, CancellationToken cancellation)
    {
        Warmup.ReadOnce(files, display, cancellation);
        string[] sample = Warmup.Sample(files);

        Run loop = await Runner.LoopAsync(files, sample, display, cancellation);
        Run threads, processes;
        await using (var pool = WorkerPool.Threads(workers))
            threads = await Runner.PoolAsync("threads", pool, files, sample, workers, display, cancellation);
        await using (var pool = WorkerPool.Processes(workers))
            processes = await Runner.PoolAsync("processes", pool, files, sample, workers, display, cancellation);

        return [loop, threads, processes];
    }

    private static string? Refusal(string root, string? json)
    {
        if (File.Exists(root))
            return $"'{root}' is a file. Give the folder that it is in.";
        if (!Directory.Exists(root))
            return $"There is no folder '{root}'.";
        if (json is null)
            return null;

        string file = Path.GetFullPath(json);
        if (Directory.Exists(file))
            return $"--json: '{file}' is a folder. Give a file.";

        return Directory.Exists(Path.GetDirectoryName(file)) ? null : $"--json: there is no folder for '{file}'.";
    }
}

/// <summary>What the exit code says.</summary>
internal static class ExitCode
{
    internal const int Equal = 0;
    internal const int NotEqual = 1;
    internal const int BadUsage = 2;
    internal const int Cancelled = 130;
}
