using Tandem.Compare.Measuring;

namespace Tandem.Compare.Running;

/// <summary>The work that is compared, as it travels to the process in which it is measured.</summary>
internal abstract class Workload
{
    /// <summary>How many items there are.</summary>
    internal abstract int Count { get; }

    /// <summary>The same work with fewer items.</summary>
    internal abstract Workload Take(int count);

    /// <summary>An item in a message, by its number in a run.</summary>
    internal abstract string Describe(int number);

    internal abstract Task<Calibration> CalibrateAsync(RunSpec spec, Board board, CancellationToken cancellationToken);

    internal abstract Task<RunReport> MeasureAsync(RunSpec spec, Board board, CancellationToken cancellationToken);

    internal abstract Task<BlastRadius> KillAsync(RunSpec spec, Board board, CancellationToken cancellationToken);

    /// <summary>A text in a message.</summary>
    internal static string Shorten(string text) => text.Length > 80 ? $"{text[..77]}..." : text;

    /// <summary>
    /// Mixes items, always in the same way: neighbours are often alike, and a part of the items is to be like the whole.
    /// </summary>
    internal static T[] Mix<T>(IEnumerable<T> items)
    {
        T[] mixed = [.. items];
        // The same order every time is the point; nothing is kept secret by it.
#pragma warning disable CA5394
        new Random(20070613).Shuffle(mixed);
#pragma warning restore CA5394
        return mixed;
    }
}

/// <summary>Work given as a delegate.</summary>
internal sealed class DelegateWorkload<TItem, TResult>(TItem[] items, Func<TItem, TResult>? run, Func<TItem, Task<TResult>>? runAsync) : Workload
{
    internal override int Count => items.Length;

    internal override Workload Take(int count) => count >= items.Length ? this : new DelegateWorkload<TItem, TResult>(items[..count], run, runAsync);

    internal override string Describe(int number) => Shorten(items[number % items.Length]?.ToString() ?? "null");

    internal override Task<Calibration> CalibrateAsync(RunSpec spec, Board board, CancellationToken cancellationToken) =>
        Run(spec, board, cancellationToken).CalibrateAsync();

    internal override Task<RunReport> MeasureAsync(RunSpec spec, Board board, CancellationToken cancellationToken) =>
        Run(spec, board, cancellationToken).MeasureAsync();

    internal override Task<BlastRadius> KillAsync(RunSpec spec, Board board, CancellationToken cancellationToken) =>
        Run(spec, board, cancellationToken).KillAsync();

    private MeasuredRun<TItem, TResult> Run(RunSpec spec, Board board, CancellationToken cancellationToken) =>
        new(new Work<TItem, TResult>(items, run, runAsync), board, spec, cancellationToken);
}
