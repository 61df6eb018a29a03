using System.Globalization;
using Tandem.Compare.Measuring;

namespace Tandem.Compare.Running;

/// <summary>The plan of a comparison: what is measured, how often, and with how many items, to fit the available time.</summary>
internal sealed record Plan(WorkerConfiguration[] Configurations, int Items, TimeSpan WarmUp, int Processors, bool Waits, TimeSpan Least)
{
    // Fewer items give no percentiles; more marks only need memory.
    private const int MostItems = 400_000;
    private const int ItemsPerSlot = 4;

    /// <summary>The minimum number of rounds: with a single one, noise cannot be estimated.</summary>
    internal const int FewestRounds = 2;

    // Configurations that are slower than the plan assumes need more than their share.
    private const double Reserve = 0.8;

    private static readonly TimeSpan LongItem = TimeSpan.FromSeconds(1);

    internal static Plan For(ComparisonOptions options, Calibration calibration, int processors)
    {
        // The work waits more than it computes.
        bool waits = calibration.ComputingShare < 0.5;
        IReadOnlyList<int> counts = options.WorkerCounts ?? WorkerConfiguration.DefaultCounts(processors, waits);
        WorkerConfiguration[] configurations = WorkerConfiguration.ForCounts([.. counts.Distinct().Order()], processors);

        TimeSpan warmUp = calibration.PerItem > LongItem
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Clamp(options.Budget.TotalSeconds / 160, 0.02, 0.5));
        // A round takes the time of its items once per configuration, divided by the number of concurrent items there.
        double round = options.Budget.TotalSeconds / (options.Repeats + 0.5);
        double beside = configurations.Sum(
            configuration => WarmUpOf(configuration, warmUp, processors).TotalSeconds + Overhead(calibration, configuration, processors));
        double passes = configurations.Sum(configuration => 1.0 / AtOnce(configuration, waits, processors));
        double seconds = Math.Max((round * Reserve) - beside, round / 4) / passes;
        int most = configurations.Max(static configuration => configuration.Slots);
        double items = seconds / Math.Max(calibration.PerItem.TotalSeconds, 1e-9);
        int wanted = (int)Math.Clamp(items, most * ItemsPerSlot, MostItems);
        TimeSpan least = FewestRounds * TimeSpan.FromSeconds(beside + (passes * wanted * calibration.PerItem.TotalSeconds));
        return new Plan(configurations, wanted, warmUp, processors, waits, least);
    }

    /// <summary>A note if the comparison takes longer than it may; otherwise null.</summary>
    internal string? Excess(ComparisonOptions options) => Least <= options.Budget ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"It takes {Least.TotalSeconds:0} s or more, not {options.Budget.TotalSeconds:0.#}: "
            + $"a run has at least {ItemsPerSlot} items per concurrent item, and there are at least {FewestRounds} rounds.");

    /// <summary>Threads share the compiled code. Each process compiles its own, and many processes take turns at the processors.</summary>
    internal TimeSpan WarmUpOf(WorkerConfiguration configuration) => WarmUpOf(configuration, WarmUp, Processors);

    private static TimeSpan WarmUpOf(WorkerConfiguration configuration, TimeSpan warmUp, int processors) =>
        configuration.Isolation == Isolation.Thread ? warmUp : warmUp * Math.Max(1, (double)configuration.Workers / processors);

    /// <summary>How many items of a configuration can make progress at the same time.</summary>
    internal int AtOnce(WorkerConfiguration configuration) => AtOnce(configuration, Waits, Processors);

    private static int AtOnce(WorkerConfiguration configuration, bool waits, int processors) =>
        waits ? configuration.Slots : Math.Min(configuration.Slots, processors);

    private static double Overhead(Calibration calibration, WorkerConfiguration configuration, int processors)
    {
        // A host process, and workers, as many of which start at a time as there are processors.
        const double OneProcess = 0.12;
        int processes = configuration.Isolation == Isolation.Process ? configuration.Workers : 0;
        return OneProcess + calibration.Overhead.TotalSeconds + (OneProcess * Math.Ceiling((double)processes / processors));
    }
}
