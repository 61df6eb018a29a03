namespace Tandem.Tool.Lab;

/// <summary>An experiment that measures one fact behind the choice between threads and processes.</summary>
internal abstract class LabExperiment
{
    /// <summary>The name on the command line.</summary>
    internal abstract string Name { get; }

    /// <summary>The question, in a few words.</summary>
    internal abstract string Question { get; }

    /// <summary>The common claim, which is the expected result.</summary>
    internal abstract string Expected { get; }

    /// <exception cref="LabException">The experiment cannot run here; the message says why.</exception>
    internal abstract Task<LabResult> RunAsync(LabContext context);
}
