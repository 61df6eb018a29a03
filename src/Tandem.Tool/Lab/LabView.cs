using Spectre.Console;
using Tandem.Tool.Lab.Deciding;

namespace Tandem.Tool.Lab;

/// <summary>Writes an experiment as text.</summary>
internal static class LabView
{
    internal static void Write(LabEntry entry)
    {
        Console.WriteLine($"{entry.Experiment.Name}: {entry.Experiment.Question}");
        Console.WriteLine($"  expected  {entry.Experiment.Expected}");
        if (entry.Result is not { } result)
        {
            Console.WriteLine($"  not done  {entry.Problem}\n");
            return;
        }

        Console.WriteLine($"  measured  {result.Measured}");
        Console.WriteLine($"  claim     {Describe(result.Decision)}");
        foreach (LabFinding finding in result.Decision.Findings)
            Console.WriteLine($"    {Describe(finding, result.Decision)}");

        Console.WriteLine($"  noise     {result.Decision.Noise}");
        foreach (string line in result.Text)
            Console.WriteLine($"    {line}");
        foreach (LabTable table in result.Tables)
            Write(table);

        Console.WriteLine();
    }

    /// <summary>The verdict on the claim, and the reason if there is none.</summary>
    internal static string Describe(LabDecision decision) =>
        decision.Reason is { } reason ? $"this machine is {Word(decision.Verdict)}: {reason}" : Word(decision.Verdict);

    /// <summary>The verdict on one part of the claim. A reason that applies to all parts is written only once.</summary>
    internal static string Describe(LabFinding finding, LabDecision decision) =>
        decision.Reason is not null && finding.IsOthersFault
            ? $"{finding.Claim}: {Word(finding.Verdict)}"
            : $"{finding.Claim}: {Word(finding.Verdict)} ({finding.Why})";

    private static string Word(LabVerdict verdict) => verdict switch
    {
        LabVerdict.Holds => "holds here",
        LabVerdict.DoesNotHold => "does not hold here",
        _ => "too busy to tell",
    };

    private static void Write(LabTable table)
    {
        Console.WriteLine($"\n  {table.Title}");
        int[] widths =
        [
            .. table.Columns.Select((column, index) =>
                table.Rows.Select(row => row[index]).Append(column).Max(static cell => cell.GetCellWidth()))
        ];
        foreach (string[] row in table.Rows.Prepend(table.Columns))
        {
            Console.WriteLine("    " + string.Join("  ", row.Select((cell, index) =>
                index == 0 ? cell + Space(cell, widths[index]) : Space(cell, widths[index]) + cell)).TrimEnd());
        }
    }

    private static string Space(string cell, int width) => new(' ', Math.Max(0, width - cell.GetCellWidth()));
}
