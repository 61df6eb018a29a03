using Tandem.Compare.Measuring;

namespace Tandem.Tool.Lab;

/// <summary>The settings of an experiment.</summary>
/// <param name="IsQuick">Whether rough figures are sufficient: for tests, and for a first impression.</param>
/// <param name="Progress">Reports the current step.</param>
/// <param name="CancellationToken">Cancels the experiment.</param>
internal sealed record LabContext(bool IsQuick, IProgress<string> Progress, CancellationToken CancellationToken)
{
    /// <summary>
    /// Starts to measure other programs. The returned function gives the share of processor time that they have used since then, or null if
    /// it is unknown.
    /// </summary>
    internal Func<Func<double?>> WatchOthers { get; init; } = static () =>
    {
        OtherPrograms? others = OtherPrograms.Begin();
        return () => others?.Share();
    };

    /// <summary>Throws if the experiment was cancelled; otherwise reports the next step.</summary>
    internal void Begin(string step)
    {
        CancellationToken.ThrowIfCancellationRequested();
        Progress.Report(step);
    }

    /// <summary>Selects a number of repetitions: fewer if rough figures are sufficient.</summary>
    internal int Times(int full, int quick) => IsQuick ? quick : full;
}
