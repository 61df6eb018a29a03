namespace Tandem.Tool.Lab;

/// <summary>An experiment and its result.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="Result">The result; null if the experiment failed.</param>
/// <param name="Problem">Why it failed; null if it did not.</param>
internal sealed record LabEntry(LabExperiment Experiment, LabResult? Result, string? Problem);
