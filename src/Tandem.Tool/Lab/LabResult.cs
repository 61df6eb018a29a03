using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab;

/// <summary>What came of an experiment.</summary>
/// <param name="Measured">What was measured, in one sentence with its figures.</param>
/// <param name="Decision">Whether what people say holds on this machine.</param>
internal sealed record LabResult(string Measured, LabDecision Decision)
{
    /// <summary>Figures for programs, by names that end with their unit.</summary>
    internal Dictionary<string, double> Values { get; } = [];

    internal List<LabTable> Tables { get; } = [];

    /// <summary>Lines for people that are no table, such as a picture of the machine.</summary>
    internal List<string> Text { get; } = [];

    /// <summary>Drawings for the report, each of a table.</summary>
    internal List<(Svg Drawing, LabTable Table)> Plots { get; } = [];
}

/// <summary>Figures in rows.</summary>
/// <param name="Title">What they are of.</param>
/// <param name="Columns">The first is a name, the others hold figures with their unit.</param>
internal sealed record LabTable(string Title, string[] Columns)
{
    internal List<string[]> Rows { get; } = [];

    internal LabTable Row(params string[] cells)
    {
        Rows.Add(cells);
        return this;
    }

    internal DataTable ToHtml() => Rows.Aggregate(new DataTable(Columns), static (table, row) => table.Row(row));
}
