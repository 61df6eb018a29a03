namespace Tandem.Compare.Measuring;

/// <summary>The specification of one run.</summary>
/// <param name="Configuration">The configuration of the pool.</param>
/// <param name="Items">The number of items. If fewer were given, they are repeated.</param>
/// <param name="WarmUp">How long items are run before the measurement, so that their code is compiled.</param>
/// <param name="TimelineItems">The number of items in the timeline.</param>
internal sealed record RunSpec(WorkerConfiguration Configuration, int Items, TimeSpan WarmUp, int TimelineItems);
