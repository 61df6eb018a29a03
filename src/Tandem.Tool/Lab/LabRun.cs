using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;

namespace Tandem.Tool.Lab;

/// <summary>Runs experiments, from the parsed command line to the exit code.</summary>
[SupportedOSPlatform("linux")]
internal static class LabRun
{
    internal static async Task<int> RunAsync(LabRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<LabExperiment> experiments = LabCatalogue.Named(request.Names);
        OutputFile.Check("--report", request.Report);
        var done = new List<LabEntry>();
        foreach (LabExperiment experiment in experiments)
        {
            LabEntry entry = await RunAsync(experiment, request, cancellationToken).ConfigureAwait(false);
            // A cancelled experiment may have failed in any way.
            cancellationToken.ThrowIfCancellationRequested();
            done.Add(entry);
            if (!request.AsJson)
                LabView.Write(entry);
        }

        if (request.AsJson)
            LabJson.Write(done);
        if (request.Report is { } report)
        {
            await OutputFile.WriteAsync("--report", report, LabReport.Create(done), cancellationToken).ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"The report is in {Path.GetFullPath(report)}.").ConfigureAwait(false);
        }

        return done.Exists(static entry => entry.Result is null) ? ExitCode.Failed : ExitCode.Success;
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A thread of its own.")]
    private static async Task<LabEntry> RunAsync(LabExperiment experiment, LabRequest request, CancellationToken cancellationToken)
    {
        var progress = new Progress(experiment.Name);
        try
        {
            // On a dedicated thread: experiments block, and pin the threads on which they run.
            LabResult result = await Task.Factory.StartNew(
                () => experiment.RunAsync(new LabContext(request.IsQuick, progress, cancellationToken)).GetAwaiter().GetResult(),
                cancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).ConfigureAwait(false);
            return new LabEntry(experiment, result, null);
        }
        catch (Exception e) when (
            e is LabException or WorkerStartException or WorkerCrashedException or IOException or UnauthorizedAccessException)
        {
            return new LabEntry(experiment, null, e.Message);
        }
    }

    /// <summary>Writes the current step to standard error.</summary>
    private sealed class Progress(string name) : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine($"{name}: {value}");
    }
}
