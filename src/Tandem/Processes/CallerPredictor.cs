using System.Diagnostics;

namespace Tandem.Processes;

/// <summary>
/// Guesses what callers do with a call: wait for its answer before they submit the next, or submit one call after the other. Only a caller
/// that waits gains from polling for its own answer. A caller that has found its answer by polling looks the same in both cases. So in one
/// call of each period the caller does not poll. If the next call then comes sooner than an answer could have, callers do not wait.
/// </summary>
internal sealed class CallerPredictor
{
    /// <summary>The number of calls of which one is a sample, in which the caller does not poll.</summary>
    internal const int Period = 128;

    /// <summary>
    /// How many samples in a row must show a caller that waits before callers poll again: a pause of another cause looks the same.
    /// </summary>
    internal const int Patience = 3;

    /// <summary>Less time than an answer takes that another thread must deliver.</summary>
    private static readonly long SoonTicks = Stopwatch.Frequency * 2 / 1_000_000;

    private uint _calls;
    private int _samplesLeft; // above 0: callers do not poll until this many samples have shown a caller that waits
    private long _leftAt; // 0: there is no sample; below 0: a sample whose call woke the worker

    /// <summary>A call is submitted, under the engine's lock.</summary>
    internal void OnCall()
    {
        long left = Volatile.Read(ref _leftAt);
        if (left == 0)
            return;

        Volatile.Write(ref _leftAt, 0);
        OnReturn(Stopwatch.GetTimestamp() - Math.Abs(left), left < 0);
    }

    /// <summary>The next call after a sample has come.</summary>
    /// <param name="elapsed">The time since the caller of the sample left, in stopwatch ticks.</param>
    /// <param name="hasWoken">Whether that caller woke the worker before it left.</param>
    internal void OnReturn(long elapsed, bool hasWoken)
    {
        if (elapsed >= SoonTicks)
            _samplesLeft = Math.Max(_samplesLeft - 1, 0);
        else if (!hasWoken)
            _samplesLeft = Patience;

        // A worker that has just been woken may take the caller's processor and answer before the caller can leave. The next call then
        // comes soon after the caller has left, although it was submitted after an answer.
    }

    /// <summary>Whether a caller that is alone with its worker should poll for its answer. Under the engine's lock.</summary>
    internal bool ShouldPoll() => _samplesLeft == 0 && ++_calls % Period != 0;

    /// <summary>
    /// A caller that is alone with its worker leaves without having polled. Of two that do so at once, one sample is lost.
    /// </summary>
    internal void OnLeaving(bool hasWoken)
    {
        long now = Stopwatch.GetTimestamp();
        Volatile.Write(ref _leftAt, hasWoken ? -now : now);
    }
}
