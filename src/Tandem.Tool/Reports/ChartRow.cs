namespace Tandem.Tool.Reports;

/// <summary>A row of a time chart.</summary>
internal sealed record ChartRow(string Name, IReadOnlyList<ChartSpan> Spans);
