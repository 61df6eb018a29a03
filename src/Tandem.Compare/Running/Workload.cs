using Tandem.Compare.Measuring;

namespace Tandem.Compare.Running;

/// <summary>The work that is compared, in the form that is sent to the process in which it is measured.</summary>
internal abstract class Workload
{
    /// <summary>The number of items.</summary>
    internal abstract int Count { get; }

    /// <summary>The same work with fewer items.</summary>
    internal abstract Workload Take(int count);

    /// <summary>Describes an item in a message, by its index in a run.</summary>
    internal abstract string Describe(int number);

    internal abstract Task<Calibration> CalibrateAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken);

    internal abstract Task<RunReport> MeasureAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken);

    internal abstract Task<BlastRadius> KillAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken);

    /// <summary>Shortens a text for a message.</summary>
    internal static string Shorten(string text) => text.Length > 80 ? $"{text[..77]}..." : text;

    /// <summary>
    /// Shuffles items, always in the same way: neighbours are often similar, and a part of the items must be representative of all.
    /// </summary>
    internal static T[] Mix<T>(IEnumerable<T> items)
    {
        T[] mixed = [.. items];
        // The order must be the same every time; it is not a secret.
#pragma warning disable CA5394
        new Random(20070613).Shuffle(mixed);
#pragma warning restore CA5394
        return mixed;
    }
}
