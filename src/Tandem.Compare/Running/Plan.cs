using System.Globalization;
using Tandem.Compare.Measuring;

namespace Tandem.Compare.Running;

/// <summary>What is measured, how often and with how many items, so that it takes as long as it may.</summary>
internal sealed record Plan(WorkerConfiguration[] Configurations, int Items, TimeSpan WarmUp, int Processors, bool Waits, TimeSpan Least)
{
    // A figure of fewer items has no percentiles; more marks cost memory and say no more.
    private const int MostItems = 400_000;
    private const int ItemsPerSlot = 4;

    /// <summary>With one there is no telling what is noise.</summary>
    internal const int FewestRounds = 2;

    // Configurations that are slower than the plan supposes need more than their share.
    private const double Reserve = 0.8;

    private static readonly TimeSpan LongItem = TimeSpan.FromSeconds(1);

    internal static Plan For(ComparisonOptions options, Calibration calibration, int processors)
    {
        // It waits more than it computes.
        bool waits = calibration.ComputingShare < 0.5;
        IReadOnlyList<int> counts = options.WorkerCounts ?? WorkerConfiguration.DefaultCounts(processors, waits);
        WorkerConfiguration[] configurations = WorkerConfiguration.ForCounts([.. counts.Distinct().Order()], processors);

        TimeSpan warmUp = calibration.PerItem > LongItem ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Clamp(options.Budget.TotalSeconds / 160, 0.02, 0.5));
        // A round takes the items' time, once for each configuration, divided by what runs at once there.
        double round = options.Budget.TotalSeconds / (options.Repeats + 0.5);
        double beside = configurations.Sum(configuration => WarmUpOf(configuration, warmUp, processors).TotalSeconds + Overhead(calibration, configuration, processors));
        double passes = configurations.Sum(configuration => 1.0 / AtOnce(configuration, waits, processors));
        double seconds = Math.Max((round * Reserve) - beside, round / 4) / passes;
        int most = configurations.Max(static configuration => configuration.Slots);
        double items = seconds / Math.Max(calibration.PerItem.TotalSeconds, 1e-9);
        int wanted = (int)Math.Clamp(items, most * ItemsPerSlot, MostItems);
        TimeSpan least = FewestRounds * TimeSpan.FromSeconds(beside + (passes * wanted * calibration.PerItem.TotalSeconds));
        return new Plan(configurations, wanted, warmUp, processors, waits, least);
    }

    /// <summary>What is to be said where it takes longer than it may; null where it does not.</summary>
    internal string? Excess(ComparisonOptions options) => Least <= options.Budget ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"It takes {Least.TotalSeconds:0} s or more, not {options.Budget.TotalSeconds:0.#}: a run has {ItemsPerSlot} items at least for each that runs at once, and there are {FewestRounds} rounds.");

    /// <summary>Threads share a compiler and what it has made; each process makes its own, and with many of them takes turns at the processors.</summary>
    internal TimeSpan WarmUpOf(WorkerConfiguration configuration) => WarmUpOf(configuration, WarmUp, Processors);

    private static TimeSpan WarmUpOf(WorkerConfiguration configuration, TimeSpan warmUp, int processors) =>
        configuration.Isolation == Isolation.Thread ? warmUp : warmUp * Math.Max(1, (double)configuration.Workers / processors);

    /// <summary>How many items of a configuration can make progress at once.</summary>
    internal int AtOnce(WorkerConfiguration configuration) => AtOnce(configuration, Waits, Processors);

    private static int AtOnce(WorkerConfiguration configuration, bool waits, int processors) =>
        waits ? configuration.Slots : Math.Min(configuration.Slots, processors);

    private static double Overhead(Calibration calibration, WorkerConfiguration configuration, int processors)
    {
        // A host, and workers, which start as many at a time as there are processors.
        const double OneProcess = 0.12;
        int processes = configuration.Isolation == Isolation.Process ? configuration.Workers : 0;
        return OneProcess + calibration.Overhead.TotalSeconds + (OneProcess * Math.Ceiling((double)processes / processors));
    }
}
