using Tandem.Compare.Measuring;

namespace Tandem.Tool.Lab;

/// <summary>One fact behind the choice between threads and processes, measured.</summary>
internal abstract class LabExperiment
{
    /// <summary>The word by which it is called.</summary>
    internal abstract string Name { get; }

    /// <summary>What it asks, in a few words.</summary>
    internal abstract string Question { get; }

    /// <summary>What people say, and what is expected for it.</summary>
    internal abstract string Expected { get; }

    /// <exception cref="LabException">It cannot be done here, and why.</exception>
    internal abstract Task<LabResult> RunAsync(LabContext context);
}

/// <summary>How an experiment is to go about it.</summary>
/// <param name="IsQuick">Whether a rough figure will do: for tests, and for a first look.</param>
/// <param name="Progress">What it is at.</param>
/// <param name="CancellationToken">Ends it.</param>
internal sealed record LabContext(bool IsQuick, IProgress<string> Progress, CancellationToken CancellationToken)
{
    /// <summary>Begins to look at other programs; what it gives says which share of the processors they have taken since, or null when nobody knows.</summary>
    internal Func<Func<double?>> WatchOthers { get; init; } = static () =>
    {
        OtherPrograms? others = OtherPrograms.Begin();
        return () => others?.Share();
    };

    /// <summary>Ends the experiment here if the user wants no more of it; says what comes next if not.</summary>
    internal void Begin(string step)
    {
        CancellationToken.ThrowIfCancellationRequested();
        Progress.Report(step);
    }

    /// <summary>So many times, or fewer when a rough figure will do.</summary>
    internal int Times(int full, int quick) => IsQuick ? quick : full;
}

/// <summary>An experiment cannot be done on this machine.</summary>
internal sealed class LabException(string message, Exception? inner = null) : Exception(message, inner);
