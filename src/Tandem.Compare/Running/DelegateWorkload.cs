using Tandem.Compare.Measuring;

namespace Tandem.Compare.Running;

/// <summary>Work that is a delegate.</summary>
internal sealed class DelegateWorkload<TItem, TResult>(TItem[] items, Func<TItem, TResult>? run, Func<TItem, Task<TResult>>? runAsync)
    : Workload
{
    internal override int Count => items.Length;

    internal override Workload Take(int count) =>
        count >= items.Length ? this : new DelegateWorkload<TItem, TResult>(items[..count], run, runAsync);

    internal override string Describe(int number) => Shorten(items[number % items.Length]?.ToString() ?? "null");

    internal override Task<Calibration> CalibrateAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken) =>
        Run(spec, board, cancellationToken).CalibrateAsync();

    internal override Task<RunReport> MeasureAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken) =>
        Run(spec, board, cancellationToken).MeasureAsync();

    internal override Task<BlastRadius> KillAsync(RunSpec spec, ItemBoard board, CancellationToken cancellationToken) =>
        Run(spec, board, cancellationToken).KillAsync();

    private MeasuredRun<TItem, TResult> Run(RunSpec spec, ItemBoard board, CancellationToken cancellationToken) =>
        new(new Work<TItem, TResult>(items, run, runAsync), board, spec, cancellationToken);
}
