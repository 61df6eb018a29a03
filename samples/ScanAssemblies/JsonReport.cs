using System.Text.Json;

namespace ScanAssemblies;

/// <summary>What a program reads.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static void Write(string path, FoundFiles found, int workers, Run[] runs, Comparison comparison)
    {
        var document = new
        {
            Folder = found.Root,
            Files = found.Files.Length,
            Workers = workers,
            Equal = comparison.AreEqual,
            comparison.DifferentFiles,
            found.UnreadableFolders,
            NotAssemblies = Paths(outcome => outcome.Scan is { IsAssembly: false }),
            Failed = Paths(outcome => outcome.Error is not null),
            Runs = runs.Select((run, index) => new
            {
                run.Name,
                Seconds = run.Elapsed.TotalSeconds,
                run.FilesPerSecond,
                run.MebibytesPerSecond,
                SpeedUp = runs[0].Elapsed / run.Elapsed,
                FirstResultMilliseconds = run.FirstResult?.TotalMilliseconds,
                run.Memory,
                run.Lost,
                run.Replaced,
                Totals = comparison.Totals[index],
            }),
        };
        File.WriteAllText(path, JsonSerializer.Serialize(document, Format));

        IEnumerable<string> Paths(Func<Outcome, bool> isOne) =>
            runs.Length == 0 ? [] : found.Files.Where((_, index) => isOne(runs[0].Outcomes[index]));
    }
}
