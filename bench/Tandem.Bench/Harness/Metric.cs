using Tandem.Bench.Metrics;

namespace Tandem.Bench.Harness;

/// <summary>What is measured, and in what.</summary>
internal sealed record Metric(string Name, string Unit, bool SmallerIsBetter, string Explanation)
{
    /// <summary>Whether a quick run leaves it out, unless it is named.</summary>
    internal bool IsSlow { get; init; }

    internal static readonly Metric RoundTripHot =
        new("round_trip_hot_us", "us", true, "one tiny call after the other, one worker");

    internal static readonly Metric RoundTripIdle =
        new("round_trip_idle_us", "us", true, "a tiny call after 20 ms of idleness, one worker");

    internal static readonly Metric Calls =
        new("calls_per_s", "calls/s", false, "tiny calls, submitted without waiting for each");

    internal static readonly Metric ObservedCalls =
        new(
            "observed_calls_ratio", "×", false,
            "tiny calls while something listens to all metrics and activities, against the same pool a moment before; plain is the same pair with no listener: the noise");

    internal static readonly Metric MapItems =
        new("map_items_per_s", "items/s", false, "MapAsync of a tiny lambda over a range");

    internal static readonly Metric Payload1 =
        new(
            "payload_1mib_gib_per_s", "GiB/s", false,
            "1 MiB byte[] argument, four calls in flight; on threads, here and below, a reference travels and nothing is copied");

    internal static readonly Metric Payload1Serial =
        new("payload_1mib_serial_gib_per_s", "GiB/s", false, "1 MiB byte[] argument, each call awaited");

    internal static readonly Metric Payload1Result =
        new("payload_1mib_result_gib_per_s", "GiB/s", false, "1 MiB byte[] result, four calls in flight");

    internal static readonly Metric Payload64 =
        new("payload_64mib_gib_per_s", "GiB/s", false, "64 MiB byte[] argument, two calls in flight");

    internal static readonly Metric Payload64Result =
        new("payload_64mib_result_gib_per_s", "GiB/s", false, "64 MiB byte[] result, two calls in flight");

    internal static readonly Metric FirstResult =
        new("first_result_ms", "ms", true, "from before the pool is made to its first result, in a fresh process");

    internal static readonly Metric Replacement =
        new("replacement_ms", "ms", true, "from killing the only, idle worker to the next answer");

    internal static readonly Metric Recovery =
        new("recovery_ms", "ms", true, "from killing the only, idle worker to the next answer, with one spare; the median");

    internal static readonly Metric RecoveryWorst =
        new("recovery_p99_ms", "ms", true, "the same, the 99th percentile");

    internal static readonly Metric TimeToFail =
        new("time_to_fail_ms", "ms", true, "until a busy loop with a time limit of 100 ms fails, warm; without Tandem.Diagnostics no stack is taken");

    internal static readonly Metric LimitedCalls =
        new("limited_round_trip_us", "us", true, "a tiny call with a time limit after the other, one worker");

    internal static readonly Metric IdleMemory =
        new("idle_worker_private_mib", "MiB", true, "private memory of an idle worker process after a few calls");

    internal static readonly Metric ParentBytes =
        new("parent_bytes_per_call", "B", true, "allocated in the parent per tiny call; awaited or in batches, whichever is more");

    internal static readonly Metric ScanFiles =
        new("scan_files_per_s", "files/s", false, "reads, hashes and counts the metadata of the files of the .NET runtime");

    internal static readonly Metric ServiceRestart =
        new("service_restart_ms", "ms", true, "from killing an isolated service's process until its successor is ready");

    internal static readonly Metric ServicesStop =
        new("services_stop_extra_ms", "ms", true, "stopping a host with five isolated services, beyond the 100 ms that each of them takes itself");

    internal static readonly Metric ChannelOne =
        new(
            "sharing_channel_1to1_per_s", "messages/s", false,
            "16-byte messages from this process to a worker through a bounded channel of 1,024; plain is Channel<T> between threads, "
            + "socket and pipe get one write for each message, and gRPC over a Unix socket one stream of them");

    internal static readonly Metric ChannelMany =
        new("sharing_channel_2to2_per_s", "messages/s", false, "the same, two workers that write and two that read");

    internal static readonly Metric ChannelRoundTrip =
        new("sharing_channel_round_trip_us", "us", true, "a 16-byte message to a worker and back, hot; gRPC in an open stream both ways over a Unix socket");

    internal static readonly Metric ArraySum =
        new("sharing_array_sum_gib_per_s", "GiB/s", false, "1 GiB of doubles, summed by two workers, warm; plain is an array on the heap, summed by two threads");

    internal static readonly Metric ArrayHandOver =
        new("sharing_array_hand_over_us", "us", true, "from a call that captures a new shared array of 1 GiB until its work runs and has it");

    internal static readonly Metric ArrayHandOverSmall =
        new("sharing_array_hand_over_small_us", "us", true, "the same with an array of 8 bytes");

    internal static readonly Metric LockUncontended =
        new("sharing_lock_ns", "ns", true, "entering and leaving a SharedLock that nobody else wants; plain is Monitor");

    internal static readonly Metric[] All =
    [
        RoundTripHot, RoundTripIdle, Calls, ObservedCalls, MapItems, Payload1, Payload1Serial, Payload1Result, Payload64, Payload64Result,
        FirstResult, Replacement, Recovery, RecoveryWorst, TimeToFail, LimitedCalls, IdleMemory, ParentBytes, ScanFiles, ServiceRestart, ServicesStop,
        ChannelOne, ChannelMany, ChannelRoundTrip, ArraySum, ArrayHandOver, ArrayHandOverSmall, LockUncontended,
        .. PayloadCurve.Metrics, .. Overhead.Metrics,
    ];
}
