using Spectre.Console;

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
        Console.WriteLine($"  claim     {Word(result.Verdict)}");
        foreach (string line in result.Text)
            Console.WriteLine($"    {line}");
        foreach (LabTable table in result.Tables)
            Write(table);

        Console.WriteLine();
    }

    internal static string Word(LabVerdict verdict) => verdict switch
    {
        LabVerdict.Holds => "holds here",
        LabVerdict.Partly => "holds in part",
        _ => "does not hold here",
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
