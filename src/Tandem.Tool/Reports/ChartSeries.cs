namespace Tandem.Tool.Reports;

/// <summary>A named series of points.</summary>
internal sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points);
