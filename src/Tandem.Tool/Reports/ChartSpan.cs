namespace Tandem.Tool.Reports;

/// <summary>A span of time in a row of a time chart.</summary>
internal readonly record struct ChartSpan(double Start, double End, int Series, string Tip);
