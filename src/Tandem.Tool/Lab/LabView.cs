using Spectre.Console;
using Tandem.Tool.Lab.Deciding;

namespace Tandem.Tool.Lab;

/// <summary>What a person reads of an experiment.</summary>
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
        Console.WriteLine($"  claim     {Tell(result.Decision)}");
        foreach (LabFinding finding in result.Decision.Findings)
            Console.WriteLine($"    {Tell(finding, result.Decision)}");

        Console.WriteLine($"  noise     {result.Decision.Noise}");
        foreach (string line in result.Text)
            Console.WriteLine($"    {line}");
        foreach (LabTable table in result.Tables)
            Write(table);

        Console.WriteLine();
    }

    /// <summary>What becomes of the claim, and why not where it cannot be told.</summary>
    internal static string Tell(LabDecision decision) =>
        decision.Reason is { } reason ? $"this machine is {Word(decision.Verdict)}: {reason}" : Word(decision.Verdict);

    /// <summary>One part of it. What keeps all of them from being told is said once.</summary>
    internal static string Tell(LabFinding finding, LabDecision decision) =>
        decision.Reason is not null && finding.IsOthersFault ? $"{finding.Claim}: {Word(finding.Verdict)}" : $"{finding.Claim}: {Word(finding.Verdict)} ({finding.Why})";

    private static string Word(LabVerdict verdict) => verdict switch
    {
        LabVerdict.Holds => "holds here",
        LabVerdict.DoesNotHold => "does not hold here",
        _ => "too busy to tell",
    };

    private static void Write(LabTable table)
    {
        Console.WriteLine($"\n  {table.Title}");
        int[] widths = [.. table.Columns.Select((column, index) => table.Rows.Select(row => row[index]).Append(column).Max(static cell => cell.GetCellWidth()))];
        foreach (string[] row in table.Rows.Prepend(table.Columns))
            Console.WriteLine("    " + string.Join("  ", row.Select((cell, index) => index == 0 ? cell + Space(cell, widths[index]) : Space(cell, widths[index]) + cell)).TrimEnd());
    }

    private static string Space(string cell, int width) => new(' ', Math.Max(0, width - cell.GetCellWidth()));
}
