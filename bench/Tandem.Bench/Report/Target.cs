using Tandem.Bench.Harness;
using Tandem.Bench.Metrics;

namespace Tandem.Bench.Report;

/// <summary>A figure that Tandem means to reach.</summary>
/// <param name="Number">Targets of one number belong together.</param>
/// <param name="Text">What is compared.</param>
/// <param name="Figure">The figure, or null where one of its parts was not measured.</param>
/// <param name="Bound">What it must be.</param>
/// <param name="AtMost">Whether the bound is an upper one.</param>
/// <param name="Unit">Of figure and bound; empty for a ratio.</param>
internal sealed record Target(int Number, string Text, Func<ResultLog, double?> Figure, double Bound, bool AtMost, string Unit)
{
    internal static readonly Target[] All =
    [
        Of(1, "round trip to a process, back to back", Metric.RoundTripHot, 3, atMost: true),
        new(1, "its advantage over the fastest peer", PeerAdvantage, 7, false, "×"),
        Ratio(2, "round trip after idleness, against the raw futex ping-pong", Metric.RoundTripIdle, Backend.Processes, Backend.Ring, 1.5, atMost: true),
        Of(3, "tiny calls to processes", Metric.Calls, 1_000_000, atMost: false),
        Ratio(3, "the same, against piscina", Metric.Calls, Backend.Processes, Backend.Piscina, 25, atMost: false),
        Ratio(3, "the same, against ProcessPoolExecutor", Metric.Calls, Backend.Processes, Backend.Python, 60, atMost: false),
        Ratio(3, "tiny calls to threads, against Task.Run", Metric.Calls, Backend.Threads, Backend.TaskRun, 0.5, atMost: false),
        Of(4, "map of tiny items in processes", Metric.MapItems, 6_000_000, atMost: false),
        Ratio(4, "the same, against Parallel.ForEachAsync", Metric.MapItems, Backend.Processes, Backend.Parallel, 1, atMost: false),
        Of(5, "1 MiB arguments to processes", Metric.Payload1, 3, atMost: false),
        Of(6, "first result of a new pool of processes", Metric.FirstResult, 80, atMost: true),
        Of(6, "answer of a killed worker's replacement", Metric.Replacement, 60, atMost: true),
        Of(7, "private memory of an idle worker process", Metric.IdleMemory, 8, atMost: true),
        Of(8, "allocated in the parent for a call to a process", Metric.ParentBytes, 300, atMost: true),
        Ratio(9, "scanning files in processes, against threads", Metric.ScanFiles, Backend.Processes, Backend.Threads, 0.9, atMost: false),
        Ratio(9, "scanning files on threads, against Parallel.ForEachAsync", Metric.ScanFiles, Backend.Threads, Backend.Parallel, 0.95, atMost: false),
        Of(10, "first answer after SIGKILL, with a spare, median", Metric.Recovery, 2, atMost: true),
        Of(10, "the same, 99th percentile", Metric.RecoveryWorst, 10, atMost: true),
        Of(11, "a busy loop with a time limit of 100 ms fails", Metric.TimeToFail, 150, atMost: true),
        Of(12, "a shared channel, one process to one", Metric.ChannelOne, 5_000_000, atMost: false),
        Of(12, "the same, two to two", Metric.ChannelMany, 2_000_000, atMost: false),
        Of(12, "the same, round trip", Metric.ChannelRoundTrip, 2, atMost: true),
        Ratio(12, "a shared channel on threads, against Channel<T>", Metric.ChannelOne, Backend.Threads, Backend.Plain, 0.8, atMost: false),
        Ratio(13, "summing a shared array in processes, against threads", Metric.ArraySum, Backend.Processes, Backend.Plain, 0.95, atMost: false),
        Of(13, "handing over a shared array of 1 GiB", Metric.ArrayHandOver, 100, atMost: true),
        Ratio(14, "an uncontended shared lock, against Monitor", Metric.LockUncontended, Backend.Processes, Backend.Plain, 3, atMost: true),
        Of(15, "stopping five isolated services, beyond the slowest one's own time", Metric.ServicesStop, 100, atMost: true),
        Of(16, "tiny calls to processes with a listener on all telemetry, against none", Metric.ObservedCalls, 0.95, atMost: false),
        new(16, "the same on threads", static results => results.Find(Backend.Threads, Metric.ObservedCalls), 0.95, false, "×"),
        Ratio(17, "mapped memory against shared memory: round trip, back to back", Metric.RoundTripHot, Backend.Mapped, Backend.Processes, 1.5, atMost: true),
        Ratio(17, "the same, round trip after idleness", Metric.RoundTripIdle, Backend.Mapped, Backend.Processes, 2, atMost: true),
        Ratio(17, "the same, tiny calls", Metric.Calls, Backend.Mapped, Backend.Processes, 0.6, atMost: false),
        Ratio(17, "the same, map of tiny items", Metric.MapItems, Backend.Mapped, Backend.Processes, 0.7, atMost: false),
        Ratio(17, "the same, 1 MiB arguments", Metric.Payload1, Backend.Mapped, Backend.Processes, 0.8, atMost: false),
        .. PayloadTargets,
        .. OverheadTargets,
    ];

    /// <summary>Measured beside what a user would write, and beside a copy there and back in one process.</summary>
    private static IEnumerable<Target> PayloadTargets => PayloadCurve.Steps.Where(static step => step.Size >= 64 * 1024).SelectMany(static step => new Target[]
    {
        Ratio(18, $"{step.Name} to a worker and back, against a Unix socket", step.Median, Backend.Processes, Backend.UnixSocket, 1, atMost: true),
        Ratio(18, $"{step.Name} to a worker and back, against pipes", step.Median, Backend.Processes, Backend.Pipe, 1, atMost: true),
        Ratio(18, $"{step.Name} to a worker and back, against a copy there and back", step.Median, Backend.Processes, Backend.Plain, 3.3, atMost: true),
        new(18, $"{step.Name}, the 99th percentile, against the median",
            results => results.Find(Backend.Processes, step.Worst) / results.Find(Backend.Processes, step.Median), 5, true, "×"),
    });

    private static IEnumerable<Target> OverheadTargets =>
    [
        .. OverheadOf("map_200us", 0.15, 0.93),
        .. OverheadOf("map_1ms", 0.05, 0.97),
        .. OverheadOf("map_5ms", 0.02, 0.99),
        new(19, "overhead of awaited calls of 200 µs in processes", static results => OverheadOf(results, Backend.Processes, "await_200us"), 0.6, true, "×"),
        new(19, "overhead of awaited calls of 1 ms in processes", static results => OverheadOf(results, Backend.Processes, "await_1ms"), 0.2, true, "×"),
        new(19, "overhead of awaited calls of 5 ms in processes", static results => OverheadOf(results, Backend.Processes, "await_5ms"), 0.08, true, "×"),
        new(19, "overhead of a map of 1 ms with as many workers as processors", static results => OverheadOf(results, Backend.Processes, "map_1ms_all"), 0.03, true, "×"),
    ];

    private static IEnumerable<Target> OverheadOf(string name, double overhead, double speed)
    {
        foreach (string backend in new[] { Backend.Processes, Backend.Threads })
        {
            yield return new(19, $"overhead_{name}, {backend}", results => OverheadOf(results, backend, name), overhead, true, "×");
            yield return new(19, $"overhead_speed_{name}, {backend}", results => OverheadOf(results, backend, $"speed_{name}"), speed, false, "×");
        }
    }

    private static double? OverheadOf(ResultLog results, string backend, string name) =>
        results.Find(backend, Overhead.Metrics.Single(metric => metric.Name == $"overhead_{name}"));

    internal bool IsMetBy(double figure) => AtMost ? figure <= Bound : figure >= Bound;

    private static Target Of(int number, string text, Metric metric, double bound, bool atMost) =>
        new(number, text, results => results.Find(Backend.Processes, metric), bound, atMost, metric.Unit);

    private static Target Ratio(int number, string text, Metric metric, string backend, string other, double bound, bool atMost) =>
        new(number, text, results => results.Find(backend, metric) / results.Find(other, metric), bound, atMost, "×");

    private static double? PeerAdvantage(ResultLog results) =>
        Backend.Peers.Min(peer => results.Find(peer, Metric.RoundTripHot)) / results.Find(Backend.Processes, Metric.RoundTripHot);
}
