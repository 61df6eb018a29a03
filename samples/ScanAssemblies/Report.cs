using System.Globalization;
using Spectre.Console;

namespace ScanAssemblies;

/// <summary>What a person reads: what is scanned, the table, what was lost, and whether the runs agree.</summary>
internal sealed class Report(IAnsiConsole console, FoundFiles found, int workers)
{
    private const int NamesShown = 3;

    internal void WriteHeader()
    {
        Line($"{found.Files.Length:N0} files (.dll, .exe) in {found.Root}");
        if (found.UnreadableFolders.Length > 0)
            Line($"Folders that cannot be listed: {found.UnreadableFolders.Length:N0} ({Names(found.UnreadableFolders)})");

        if (found.Files.Length == 0)
            return;

        Line($"Three runs: a plain loop, {Count(workers, "thread")}, {Count(workers, "process", "processes")}.");
        Line($"Before the clock starts, each file is read once, so that all runs read from memory, and a sample is scanned, so that the code is compiled.");
        console.WriteLine();
    }

    internal void WriteResult(Run[] runs, Comparison comparison)
    {
        if (runs.Length == 0)
        {
            Line($"Nothing to scan: there is no .dll and no .exe in this folder or below it.");
            return;
        }

        console.WriteLine();
        console.Write(Table(runs));
        WriteProblems(runs[0]);
        foreach (Loss loss in runs.SelectMany(run => run.Lost))
        {
            Line($"Lost: worker {loss.ProcessId} was ended by {loss.Cause} while it scanned {Short(loss.Path)}.");
            Line($"      Scanned again by worker {loss.AgainOn}. No other file was touched.");
        }

        WriteVerdict(runs, comparison);
    }

    private Table Table(Run[] runs)
    {
        var table = new Table { Border = console.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.Ascii };
        table.AddColumn("");
        foreach (Run run in runs)
            table.AddColumn(new TableColumn(run.Name).RightAligned());

        Row("time", run => Text($"{run.Elapsed.TotalSeconds:N2} s"));
        Row("files/s", run => Text($"{run.FilesPerSecond:N0}"));
        Row("MiB/s", run => Text($"{run.MebibytesPerSecond:N0}"));
        Row("speed-up", run => Text($"{runs[0].Elapsed / run.Elapsed:N2} x"));
        Row("first result (not in the time)", run => run.FirstResult is { } first ? Text($"{first.TotalMilliseconds:N1} ms") : "-");
        Row(runs[0].Memory.IsPrivate ? "private memory, at most" : "resident memory, at most", Memory);
        Row("lost", run => run.Lost.Count == 0 ? "-" : Count(run.Lost.Count, "file"));
        Row("replaced", Replaced);
        return table;

        void Row(string title, Func<Run, string> cell) => table.AddRow([title, .. runs.Select(cell)]);
    }

    private static string Memory(Run run)
    {
        return run.Memory.Workers == 0
            ? $"{Mebibytes(run.Memory.Parent)} MiB"
            : $"{Mebibytes(run.Memory.Parent)} + {Mebibytes(run.Memory.Workers)} MiB (workers)";

        static string Mebibytes(long bytes) => Text($"{bytes / (1024.0 * 1024):N0}");
    }

    private static string Replaced(Run run)
    {
        if (run.Lost.Count == 0)
            return "-";

        // With few files, the others have done all the work before the new worker is there.
        return run.Replaced == 0 ? "not needed any more" : Count(run.Replaced, "worker");
    }

    private void WriteProblems(Run run)
    {
        string[] foreign = Paths(outcome => outcome.Scan is { IsAssembly: false });
        if (foreign.Length > 0)
            Line($"Not an assembly: {Count(foreign.Length, "file")} ({Names(foreign)})");

        string[] failed = Paths(outcome => outcome.Error is not null);
        if (failed.Length > 0)
            Line($"Could not be scanned: {Count(failed.Length, "file")}");
        foreach (string path in failed.Take(NamesShown))
            Line($"  {Short(path)}: {run.Outcomes[Array.IndexOf(found.Files, path)].Error}");

        string[] Paths(Func<Outcome, bool> isOne) => [.. found.Files.Where((_, index) => isOne(run.Outcomes[index]))];
    }

    private void WriteVerdict(Run[] runs, Comparison comparison)
    {
        Totals totals = comparison.Totals[0];
        if (comparison.AreEqual)
        {
            Line($"The three runs found the same: {Count(totals.Assemblies, "assembly", "assemblies")} with {totals.Types:N0} types, {totals.Methods:N0} methods and {totals.IlBytes:N0} bytes of IL;");
            Line($"{totals.Bytes:N0} bytes hashed, SHA-256 over all: {totals.Digest[..16].ToLowerInvariant()}...");
            return;
        }

        Line($"THE RUNS DIFFER in {Count(comparison.DifferentFiles.Length, "file")}:");
        foreach (string path in comparison.DifferentFiles.Take(NamesShown))
        {
            int index = Array.IndexOf(found.Files, path);
            foreach (Run run in runs)
                Line($"  {run.Name,-9} {Short(path)}: {run.Outcomes[index].Scan?.ToString() ?? run.Outcomes[index].Error}");
        }
    }

    private string Names(string[] paths) =>
        string.Join(", ", paths.Take(NamesShown).Select(Short)) + (paths.Length > NamesShown ? ", ..." : "");

    private string Short(string path) => Path.GetRelativePath(found.Root, path);

    private static string Count(int count, string one, string? many = null) => Text($"{count:N0} {(count == 1 ? one : many ?? one + "s")}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A file's name may hold anything, also what a terminal takes as a command. Not broken into lines, so that it can be copied.</summary>
    private void Line(FormattableString text) =>
        console.Profile.Out.Writer.WriteLine(string.Concat(Text(text).Select(character => char.IsControl(character) ? '?' : character)));
}
