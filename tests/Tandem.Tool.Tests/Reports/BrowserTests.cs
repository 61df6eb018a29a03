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
        string folder = Directory.CreateTempSubdirectory("tandem-report-").FullName;
        try
        {
            string report = Path.Combine(folder, "report.html");
            CommandRun run = await ToolCommand.CompareAsync("numeric", "--workers", "1,2", "--repeat", "2", "--seconds", "1", "--kill", "--report", report);
            run.AssertEnded(0, "The report is in");

            ReportPage page = await ReportPage.LookAsync(chromium, folder, report, "compare");

            // Speed-up, latency, memory, and a timeline for each of the three models.
            page.AssertWhole(report, plots: 6);
            Assert.Equal(7, page.Tables);
            Assert.Equal(2, page.Backgrounds.Distinct().Count());
            Assert.Equal(2, page.Marks.Distinct().Count());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
