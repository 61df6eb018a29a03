using System.Diagnostics;
using System.Runtime;

namespace Tandem.Compare.Measuring;

/// <summary>What this process and its machine had done up to a moment; between two, how much of the time the work computed.</summary>
/// <param name="Timestamp">Of the stopwatch.</param>
/// <param name="Processor">The process's processor time.</param>
/// <param name="Compiling">What of it went into compiling, which comes to an end.</param>
/// <param name="Delay">How long its threads were ready to run, and did not.</param>
/// <param name="Busy">Processor time of the whole machine.</param>
internal readonly record struct Moment(long Timestamp, TimeSpan Processor, TimeSpan Compiling, TimeSpan Delay, TimeSpan Busy)
{
    internal static Moment Now() => new(
        Stopwatch.GetTimestamp(), TimeSpan.FromMicroseconds(ProcessUsage.Current().ProcessorMicroseconds), JitInfo.GetCompilationTime(), RunQueue.Delay(), RunQueue.Busy());

    /// <summary>The share of the time since then, from 0 to 1, in which one worker's work was on a processor.</summary>
    internal double ComputingSince(in Moment then)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(then.Timestamp, Timestamp);
        TimeSpan processor = Processor - then.Processor;
        // To wait for a processor that other programs use is not the work's own waiting; to wait for each other's threads is.
        TimeSpan others = Busy - then.Busy - processor, delay = Delay - then.Delay;
        TimeSpan foreign = others < TimeSpan.Zero ? TimeSpan.Zero : others < delay ? others : delay;
        double computed = Math.Max(0, (processor - (Compiling - then.Compiling)).TotalSeconds);
        return computed / Math.Max((elapsed - foreign).TotalSeconds, Math.Max(computed, double.Epsilon));
    }
}
