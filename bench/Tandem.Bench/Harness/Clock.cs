using System.Diagnostics;

namespace Tandem.Bench.Harness;

/// <summary>Durations at the resolution of the clock: a <see cref="TimeSpan"/> counts in steps of 100 ns, as long as a ring's round trip.</summary>
internal readonly struct Clock
{
    private readonly long _start;

    private Clock(long start) => _start = start;

    internal double Seconds => (Stopwatch.GetTimestamp() - _start) / (double)Stopwatch.Frequency;

    internal double Milliseconds => Seconds * 1e3;

    internal double Microseconds => Seconds * 1e6;

    internal static Clock Start() => new(Stopwatch.GetTimestamp());
}
