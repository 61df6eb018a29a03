using Tandem.Bench.Metrics;

namespace Tandem.Bench.Harness;

/// <summary>Metrics that are measured by the same code.</summary>
internal sealed record MetricGroup(Metric[] Metrics, Func<Session, Task> RunAsync)
{
    internal static readonly MetricGroup[] All =
    [
        // First, on the heap of a program that has just started: megabytes of garbage from other metrics would make it another program's.
        new([Metric.ScanFiles], ScanFiles.RunAsync),
        new([Metric.RoundTripHot], RoundTrips.RunHotAsync),
        new([Metric.RoundTripIdle], RoundTrips.RunIdleAsync),
        new([Metric.Calls], CallThroughput.RunAsync),
        new([Metric.ObservedCalls], ObservedCalls.RunAsync),
        new([Metric.MapItems], MapThroughput.RunAsync),
        new([Metric.Payload1, Metric.Payload1Serial, Metric.Payload1Result], Payloads.RunSmallAsync),
        new([Metric.Payload64, Metric.Payload64Result], Payloads.RunLargeAsync),
        new(PayloadCurve.Metrics, PayloadCurve.RunAsync),
        new(Overhead.Metrics, Overhead.RunAsync),
        new([Metric.FirstResult], FirstResult.RunAsync),
        new([Metric.Replacement], Replacement.RunAsync),
        new([Metric.Recovery, Metric.RecoveryWorst], Recovery.RunAsync),
        new([Metric.TimeToFail, Metric.LimitedCalls], TimeLimits.RunAsync),
        new([Metric.IdleMemory], IdleMemory.RunAsync),
        new([Metric.ParentBytes], ParentAllocations.RunAsync),
        new([Metric.ServiceRestart, Metric.ServicesStop], Services.RunAsync),
        new([Metric.ChannelOne], SharedChannels.RunOneToOneAsync),
        new([Metric.ChannelMany], SharedChannels.RunManyToManyAsync),
        new([Metric.ChannelRoundTrip], SharedChannels.RunRoundTripAsync),
        new([Metric.ArraySum, Metric.ArrayHandOver, Metric.ArrayHandOverSmall], SharedArrays.RunAsync),
        new([Metric.LockUncontended], SharedLocks.RunAsync),
    ];
}
