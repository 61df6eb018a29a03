using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab;

/// <summary>The result of an experiment.</summary>
/// <param name="Measured">The measurement, in one sentence with its figures.</param>
/// <param name="Decision">Whether the claim holds on this machine.</param>
internal sealed record LabResult(string Measured, LabDecision Decision)
{
    /// <summary>Figures for JSON, by names that end with their unit.</summary>
    internal Dictionary<string, double> Values { get; } = [];

    internal List<LabTable> Tables { get; } = [];

    /// <summary>Lines of text that are not a table, such as a picture of the machine.</summary>
    internal List<string> Text { get; } = [];

    /// <summary>The plots of the report, each with its table.</summary>
    internal List<(Svg Drawing, LabTable Table)> Plots { get; } = [];
}
