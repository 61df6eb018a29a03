namespace Tandem.Tool.Reports;

/// <summary>A point with its lower and upper bound, which may be equal to the point.</summary>
internal readonly record struct ChartPoint(double X, double Y, double Low, double High);
