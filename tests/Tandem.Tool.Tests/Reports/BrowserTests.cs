using System.Text.Json;
using Tandem.Packaging.Tests.Infrastructure;
using Tandem.Serve.Apps.Tests.Pages;
using Tandem.Tool.Tests.Infrastructure;

namespace Tandem.Tool.Tests.Reports;

/// <summary>The report of a real comparison, in a real browser. Pictures of it stay in ARTIFACTS/screenshots.</summary>
[Collection<ChromiumCollection>]
public sealed class BrowserTests(ChromiumFixture chromium)
{
    [Fact(Timeout = ToolCommand.Limit)]
    public async Task A_report_shows_its_plots_in_the_light_and_in_the_dark()
    {
        chromium.SkipWhenMissing();
        string pictures = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "screenshots"));
        Directory.CreateDirectory(pictures);
        string folder = Directory.CreateTempSubdirectory("tandem-report-").FullName;
        try
        {
            string report = Path.Combine(folder, "report.html");
            CommandRun run = await ToolCommand.CompareAsync("numeric", "--workers", "1,2", "--repeat", "2", "--seconds", "1", "--kill", "--report", report);
            run.AssertEnded(0, "The report is in");

            Seen seen = await LookAsync(folder, report, Path.Combine(pictures, "compare-light.png"), Path.Combine(pictures, "compare-dark.png"));

            Assert.Empty(seen.Problems);
            Assert.Equal([new Uri(report).AbsoluteUri], seen.Requests);
            // Speed-up, latency, memory, and a timeline for each of the three models.
            Assert.Equal(6, seen.Plots.Length);
            Assert.All(seen.Plots, static plot => Assert.True(plot.Marks > 0, $"Nothing is drawn in '{plot.Title}'."));
            Assert.All(seen.Plots, static plot => Assert.Empty(plot.Cut));
            Assert.Equal(7, seen.Tables);
            Assert.False(seen.Overflow, "The page is wider than its window.");
            Assert.Equal(2, seen.Backgrounds.Distinct().Count());
            Assert.Equal(2, seen.Marks.Distinct().Count());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<Seen> LookAsync(string folder, string page, string light, string dark)
    {
        // What a desktop's browser keeps beside its profile.
        var variables = new Dictionary<string, string> { ["HOME"] = folder };
        CommandRun run = await Command.RunAsync(
            chromium.Folder,
            variables,
            "node",
            Path.Combine(AppContext.BaseDirectory, "Browser", "look.mjs"),
            chromium.Program,
            Path.Combine(folder, "profile"),
            new Uri(page).AbsoluteUri,
            light,
            dark);
        run.AssertSucceeded();
        return JsonSerializer.Deserialize<Seen>(run.Output, JsonSerializerOptions.Web)!;
    }

    private sealed record Plot(string Title, int Marks, string[] Cut);

    private sealed record Seen(Plot[] Plots, int Tables, bool Overflow, string[] Problems, string[] Requests, string[] Backgrounds, string[] Marks);
}
