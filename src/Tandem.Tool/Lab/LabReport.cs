using Tandem.Compare;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab;

/// <summary>Writes the experiments as an HTML page.</summary>
internal static class LabReport
{
    internal static string Create(IEnumerable<LabEntry> entries)
    {
        var page = new HtmlReport("Threads and processes, measured");
        page.Paragraph(
            $"{Environment.MachineName}, {Amount.Of(Environment.ProcessorCount, "processor")}, "
            + $"{System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}, "
            + $"{System.Runtime.InteropServices.RuntimeInformation.OSDescription}",
            "quiet");
        foreach (LabEntry entry in entries)
            Write(page, entry);

        return page.ToString();
    }

    private static void Write(HtmlReport page, LabEntry entry)
    {
        page.Heading($"{entry.Experiment.Name}: {entry.Experiment.Question}").Paragraph($"Expected: {entry.Experiment.Expected}", "quiet");
        if (entry.Result is not { } result)
        {
            page.Paragraph($"Not done: {entry.Problem}");
            return;
        }

        LabDecision decision = result.Decision;
        page.Paragraph($"Measured: {result.Measured} The claim: {LabView.Describe(decision)}.", "lead");
        foreach (LabFinding finding in decision.Findings)
            page.Paragraph(LabView.Describe(finding, decision), "quiet");

        page.Paragraph($"Noise: {decision.Noise}.", "quiet");
        if (result.Text.Count > 0)
            page.Code(string.Join('\n', result.Text));
        foreach ((Svg drawing, LabTable table) in result.Plots)
            page.Figure(table.Title, drawing, table.ToHtml());
        foreach (LabTable table in result.Tables.Except(result.Plots.Select(static plot => plot.Table)))
            page.Paragraph(table.Title).Table(table.ToHtml());
    }
}
