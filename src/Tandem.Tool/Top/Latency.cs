namespace Tandem.Tool.Top;

/// <summary>
/// The time from the submission of an item to its completion, in seconds, for the items that completed since the last sample.
/// </summary>
internal sealed record Latency(int Items, double Median, double Percentile99, double Longest);
