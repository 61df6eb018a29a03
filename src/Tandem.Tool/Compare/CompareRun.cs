using System.Runtime.Versioning;
using Tandem.Compare;
using Tandem.Compare.Methods;

namespace Tandem.Tool.Compare;

/// <summary>From what was asked to an exit code.</summary>
[SupportedOSPlatform("linux")]
internal static class CompareRun
{
    internal static async Task<int> RunAsync(CompareRequest request)
    {
        using var stop = new Interruption();
        using var progress = new ProgressLine();
        try
        {
            CheckReport(request.Report);
            ComparisonResult result = await CompareAsync(request, progress, stop.Token).ConfigureAwait(false);
            progress.Clear();
            if (request.Json)
                ComparisonJson.Write(Console.Out, result);
            else
                ComparisonView.Write(result);

            if (request.Report is { } file)
            {
                await File.WriteAllTextAsync(file, ComparisonReport.Create(result, request.Workload), stop.Token).ConfigureAwait(false);
                await Console.Error.WriteLineAsync($"The report is in {Path.GetFullPath(file)}.").ConfigureAwait(false);
            }

            return ExitCode.Success;
        }
        catch (Exception e) when (e is UsageException or MethodException)
        {
            return await FailAsync(progress, e.Message, ExitCode.BadUsage).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return await FailAsync(progress, "cancelled.", ExitCode.Interrupted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ComparisonException or WorkSerializationException or WorkerStartException or IOException or UnauthorizedAccessException)
        {
            return await FailAsync(progress, e.Message, ExitCode.Failed).ConfigureAwait(false);
        }
    }

    private static Task<ComparisonResult> CompareAsync(CompareRequest request, IProgress<ComparisonProgress> progress, CancellationToken cancellationToken)
    {
        var options = new ComparisonOptions
        {
            WorkerCounts = request.Workers,
            Repeats = request.Repeats,
            Budget = TimeSpan.FromSeconds(request.Seconds),
            KillWorker = request.Kill,
            Progress = progress,
        };
        if ((request.Items.Length > 0 ? 1 : 0) + (request.ItemsFrom is null ? 0 : 1) + (request.Count is null ? 0 : 1) > 1 && request.Workload != "assemblies")
            throw new UsageException("Give one of --items, --items-from and --count.");

        if (BuiltInWork.Names.Contains(request.Workload))
            return BuiltInWork.RunAsync(request, options, cancellationToken);

        if (!File.Exists(request.Workload))
        {
            throw new UsageException(
                $"There is no work '{request.Workload}', and no such file. tandem's own: {string.Join(", ", BuiltInWork.Names)}; or name the .dll of your own.");
        }

        if (request.Method is null)
            throw new UsageException($"Which method of '{request.Workload}' is the work? Give --method Namespace.Type.Method.");

        string[]? texts = request.Items.Length > 0 ? ItemFiles.Matching(request.Items)
            : request.ItemsFrom is { } from ? ItemFiles.Lines(from)
            : null;
        const int CallsWithoutItems = 1000;
        UserProgram program = UserProgram.Open(request.Workload);
        program.AddTo(options);
        return Comparison.RunAsync(program.Work(request.Method, texts, request.Count ?? CallsWithoutItems), options, cancellationToken);
    }

    /// <summary>Before minutes are spent.</summary>
    private static void CheckReport(string? report)
    {
        if (report is null)
            return;

        string file = Path.GetFullPath(report);
        if (Directory.Exists(file))
            throw new UsageException($"--report: '{file}' is a folder. Give a file.");
        if (!Directory.Exists(Path.GetDirectoryName(file)))
            throw new UsageException($"--report: there is no folder for '{file}'.");
    }

    private static async Task<int> FailAsync(ProgressLine progress, string message, int code)
    {
        progress.Clear();
        await Console.Error.WriteLineAsync($"tandem compare: {message}").ConfigureAwait(false);
        return code;
    }
}
