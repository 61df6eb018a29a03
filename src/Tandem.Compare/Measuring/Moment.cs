using System.Diagnostics;
using System.Runtime;

namespace Tandem.Compare.Measuring;

/// <summary>
/// The counters of this process and its machine at one moment. Two moments give the share of the time in which the work computed.
/// </summary>
/// <param name="Timestamp">The Stopwatch timestamp.</param>
/// <param name="Processor">The process's processor time.</param>
/// <param name="Compiling">The part of it that was used for compiling, which is temporary.</param>
/// <param name="Delay">How long its threads were ready to run, but did not run.</param>
/// <param name="Busy">Processor time of the whole machine.</param>
internal readonly record struct Moment(long Timestamp, TimeSpan Processor, TimeSpan Compiling, TimeSpan Delay, TimeSpan Busy)
{
    internal static Moment Now() => new(
        Stopwatch.GetTimestamp(),
        TimeSpan.FromMicroseconds(ProcessUsage.Current().ProcessorMicroseconds),
        JitInfo.GetCompilationTime(),
        RunQueue.Delay(),
        RunQueue.Busy());

    /// <summary>The share of the time since then, from 0 to 1, in which the work of one worker was on a processor.</summary>
    internal double ComputingSince(in Moment then)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(then.Timestamp, Timestamp);
        TimeSpan processor = Processor - then.Processor;
        // Waiting for a processor that other programs use is not the work's own waiting; waiting for other threads of this process is.
        TimeSpan others = Busy - then.Busy - processor, delay = Delay - then.Delay;
        TimeSpan foreign = others < TimeSpan.Zero ? TimeSpan.Zero : others < delay ? others : delay;
        double computed = Math.Max(0, (processor - (Compiling - then.Compiling)).TotalSeconds);
        return computed / Math.Max((elapsed - foreign).TotalSeconds, Math.Max(computed, double.Epsilon));
    }
}
