using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Tandem.Diagnostics;
using Tandem.Launch;
using Tandem.Tool.Top.View;
using Tandem.Tool.Top.Watching;

namespace Tandem.Tool.Top;

/// <summary>Runs <c>tandem top</c>.</summary>
[SupportedOSPlatform("linux")]
internal static class TopRunner
{
    private const int PictureWidth = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>
    /// The time limit for a single requested program. It may have to wait for a processor, and an incomplete report is useless.
    /// </summary>
    private static readonly TimeSpan PatienceForOne = TimeSpan.FromSeconds(30);

    internal static async Task<int> RunAsync(TopSettings settings, CancellationToken cancellationToken)
    {
        OutputFile.Check("--svg", settings.Picture);
        int? only = settings.ProcessId is { } id ? Watched(id) : null;
        var arrangement = new Arrangement(Enum.Parse<SortOrder>(settings.Sort, ignoreCase: true), IsReversed: false, settings.Filter);
        if (settings.Json || settings.Once || settings.Picture is not null || !Terminal.IsInteractive)
            await PrintAsync(settings, only, arrangement, cancellationToken).ConfigureAwait(false);
        else
            await new LiveView(settings.Interval, only, arrangement).RunAsync().ConfigureAwait(false);

        return ExitCode.Success;
    }

    /// <summary>The process whose pools are shown: the given one, or, for a worker, its parent.</summary>
    private static int Watched(int id)
    {
        if (!ProcFs.Exists(id))
            throw new TopException($"there is no process {id}.");

        if (TraceRights.Refusal(id) is { } reason)
            throw new TopException($"process {id} cannot be inspected: {reason}");

        if (ProcFs.Variable(id, LaunchProtocol.ParentVariable) is { } parent
            && int.TryParse(parent, CultureInfo.InvariantCulture, out int parentId)
            && ProcFs.Exists(parentId))
        {
            return parentId;
        }

        if (DiagnosticPort.StartOf(id) is null)
        {
            throw new TopException(
                $"process {id} ({ProcFs.ProgramName(id)}) is not a .NET process that can be watched: it does not run .NET, "
                    + "or a runtime older than .NET Core 3.0, or one whose diagnostics are disabled (DOTNET_EnableDiagnostics=0) "
                    + "or use another folder (TMPDIR must be the same for both).");
        }

        return id;
    }

    private static async Task PrintAsync(TopSettings settings, int? only, Arrangement arrangement, CancellationToken cancellationToken)
    {
        var watch = new MachineWatch(settings.Interval, only, static () => { });
        await using (watch.ConfigureAwait(false))
        {
            TopReport all = await SampleAsync(watch, settings.Interval, only is null ? Patience : PatienceForOne, cancellationToken)
                .ConfigureAwait(false);
            if (only is { } id && all.Programs.Count == 0)
                throw new TopException(MissingPools(id, all));

            TopReport report = arrangement.Of(all);
            if (settings.Picture is { } file)
            {
                string picture = SvgPicture.Draw([.. Lines(report, PictureWidth)], PictureWidth);
                await OutputFile.WriteAsync("--svg", file, picture, cancellationToken).ConfigureAwait(false);
            }

            if (settings.Json)
            {
                Console.WriteLine(JsonSerializer.Serialize(report, TopJson.Default.TopReport));
            }
            else if (settings.Picture is null)
            {
                WriteText(
                    report,
                    all.Programs.Count == 0
                        ? "There is no Tandem pool on this machine that you may watch."
                        : NothingLike(settings.Filter));
            }
        }
    }

    internal static string NothingLike(string filter) => $"Nothing has '{filter}' in its name, item or state.";

    internal static string MissingPools(int id, TopReport report) =>
        !ProcFs.Exists(id) ? $"process {id} has exited."
        : report.Notes.Count > 0 ? report.Notes[0]
        : $"process {id} ({ProcFs.ProgramName(id)}) runs .NET, but has no Tandem pool with workers that have started, "
            + "or uses an older version of Tandem.";

    /// <summary>Takes two samples of every program that answers, because rates are measured between two samples.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The interval between two views of other programs.")]
    private static async Task<TopReport> SampleAsync(
        MachineWatch watch, TimeSpan interval, TimeSpan patience, CancellationToken cancellationToken)
    {
        long end = Environment.TickCount64 + (long)(interval + patience).TotalMilliseconds;
        bool isMeasuring = false;
        do
        {
            await watch.AttendAsync().ConfigureAwait(false);
            // Processor time is measured over the same interval as items.
            if (watch.HasPools && !isMeasuring)
            {
                _ = watch.Report();
                isMeasuring = true;
            }

            if (watch.IsSettled)
                break;

            await Task.Delay(20, cancellationToken).ConfigureAwait(false);
        }
        while (Environment.TickCount64 < end);

        return watch.Report();
    }

    private static void WriteText(TopReport report, string nothing)
    {
        int width = Console.IsOutputRedirected ? 160 : Math.Max(Console.WindowWidth, 60);
        foreach (ScreenLine line in Lines(report, width))
            Console.WriteLine(line.ToString());

        if (report.Programs.Count == 0)
            Console.WriteLine(nothing);
        foreach (string note in report.Notes)
            Console.WriteLine($"Not shown: {note}");
    }

    private static IEnumerable<ScreenLine> Lines(TopReport report, int width) =>
        report.Programs.Count == 0
            ? []
            : new TopView(report).Rows(width, selected: -1).Select(static row => row.Line).Prepend(TopView.Header(width));
}
