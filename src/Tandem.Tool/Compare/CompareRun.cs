using System.Runtime.Versioning;
using Tandem.Compare;
using Tandem.Compare.Methods;

namespace Tandem.Tool.Compare;

/// <summary>Runs a comparison, from the parsed command line to the exit code.</summary>
[SupportedOSPlatform("linux")]
internal static class CompareRun
{
    internal static async Task<int> RunAsync(CompareRequest request, CancellationToken cancellationToken)
    {
        OutputFile.Check("--report", request.Report);
        using var progress = new ProgressLine();
        ComparisonResult result = await CompareAsync(request, progress, cancellationToken).ConfigureAwait(false);
        progress.Clear();
        if (request.Json)
            ComparisonJson.Write(Console.Out, result);
        else
            ComparisonView.Write(result);

        if (request.Report is { } file)
        {
            await OutputFile.WriteAsync("--report", file, ComparisonReport.Create(result, request.Workload), cancellationToken)
                .ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"The report is in {Path.GetFullPath(file)}.").ConfigureAwait(false);
        }

        return ExitCode.Success;
    }

    private static Task<ComparisonResult> CompareAsync(
        CompareRequest request, IProgress<ComparisonProgress> progress, CancellationToken cancellationToken)
    {
        var options = new ComparisonOptions
        {
            WorkerCounts = request.Workers,
            Repeats = request.Repeats,
            Budget = TimeSpan.FromSeconds(request.Seconds),
            KillWorker = request.Kill,
            Progress = progress,
        };
        if ((request.Items.Length > 0 ? 1 : 0) + (request.ItemsFrom is null ? 0 : 1) + (request.Count is null ? 0 : 1) > 1
            && request.Workload != "assemblies")
        {
            throw new UsageException("Give one of --items, --items-from and --count.");
        }

        if (BuiltInWork.Names.Contains(request.Workload))
            return BuiltInWork.RunAsync(request, options, cancellationToken);

        if (!File.Exists(request.Workload))
        {
            throw new UsageException(
                $"There is no built-in work and no file '{request.Workload}'. Built-in work: {string.Join(", ", BuiltInWork.Names)}; "
                    + "or give the .dll of your own.");
        }

        if (request.Method is null)
            throw new UsageException($"Which method of '{request.Workload}' is the work? Give --method Namespace.Type.Method.");

        string[]? texts = request.Items.Length > 0 ? ItemFiles.Matching(request.Items)
            : request.ItemsFrom is { } from ? ItemFiles.Lines(from)
            : null;
        const int CallsWithoutItems = 1000;
        UserProgram program = UserProgram.Open(request.Workload);
        program.AddTo(options);
        if (texts is null && request.Count is null)
            options.Notes.Add($"Without --items, --items-from or --count the items are the numbers from 0 to {CallsWithoutItems - 1}.");

        return Comparison.RunAsync(program.Work(request.Method, texts, request.Count ?? CallsWithoutItems), options, cancellationToken);
    }
}
