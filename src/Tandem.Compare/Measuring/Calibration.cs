namespace Tandem.Compare.Measuring;

/// <summary>The result of a first, short run on one thread.</summary>
/// <param name="Items">The number of items.</param>
/// <param name="PerItem">The time per item.</param>
/// <param name="ComputingShare">The share of that time in which the work computes.</param>
/// <param name="Overhead">The time of a run in addition to its items: starting a process and a pool.</param>
/// <param name="Failed">The number of failed items.</param>
/// <param name="Errors">The messages of the first failed items.</param>
internal sealed record Calibration(int Items, TimeSpan PerItem, double ComputingShare, TimeSpan Overhead, int Failed, string[] Errors);
