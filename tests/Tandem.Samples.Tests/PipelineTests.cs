using System.Diagnostics;

namespace Tandem.Samples.Tests;

/// <summary>Three services joined by channels, as a user runs them.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-pipeline-tests-").FullName;

    [Theory(Timeout = Limits.Test)]
    [InlineData("Thread", 0)]
    [InlineData("Process", 0)]
    [InlineData("Process", 5)]
    public async Task The_index_is_that_of_a_plain_loop_whatever_is_killed(string isolation, int kills)
    {
        WriteTexts(files: 12, wordsEach: 40_000);
        string index = Path.Combine(_folder, "out");

        SampleRun run = await SampleProgram.RunAsync(
            "Pipeline", [_folder, "--isolation", isolation, "--kills", $"{kills}", "--output", index], TestContext.Current.CancellationToken);

        Assert.Equal(("", 0), (run.Errors, run.ExitCode));
        Assert.Contains("The indexes are equal", run.Output, StringComparison.Ordinal);
        // It may be done before the last of them.
        Assert.InRange(run.Output.Split('\n').Count(static line => line.StartsWith("killed", StringComparison.Ordinal)), Math.Min(kills, 1), kills);
        // Known without any of the sample's code: each file has each of its words equally often.
        Assert.Contains("wort7\t480\t12", await File.ReadAllLinesAsync(index, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task No_service_outlives_a_host_that_is_killed()
    {
        WriteTexts(files: 60, wordsEach: 100_000);
        using Process host = SampleProgram.Start("Pipeline", [_folder, "--kills", "0"]);
        int[] services = [];
        try
        {
            await Eventually.Async(() => (services = ProcFs.Children(host.Id)).Length == 3);
        }
        finally
        {
            host.Kill();
        }

        await Eventually.Async(() => !services.Any(ProcFs.IsAlive));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_folder_that_is_not_there_is_said()
    {
        SampleRun run = await SampleProgram.RunAsync("Pipeline", [Path.Combine(_folder, "none")], TestContext.Current.CancellationToken);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("There is no folder", run.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void WriteTexts(int files, int wordsEach)
    {
        for (int file = 0; file < files; file++)
            File.WriteAllText(Path.Combine(_folder, $"{file}.txt"), string.Join(' ', Enumerable.Range(0, wordsEach).Select(static i => $"Wort{i % 1_000}")));
    }
}
