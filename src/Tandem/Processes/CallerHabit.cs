using System.Diagnostics;

namespace Tandem.Processes;

/// <summary>
/// Guesses whether callers wait for each answer, and gain from looking for it themselves, or submit one call after the other, and only
/// lose time. A caller that has found its own answer looks the same either way, so now and then one is not let look: who comes back
/// sooner than any answer could have reached it does not wait.
/// </summary>
internal sealed class CallerHabit
{
    /// <summary>Calls in which a caller looks before one does not.</summary>
    internal const int Period = 128;

    /// <summary>How often callers must seem to wait before they look again: a pause of another cause looks the same.</summary>
    internal const int Patience = 3;

    /// <summary>Less than an answer takes that another thread must bring.</summary>
    private static readonly long SoonTicks = Stopwatch.Frequency * 2 / 1_000_000;

    private uint _looks;
    private int _hurry;
    private long _leftAt; // 0: nobody has left whose return would tell something

    /// <summary>Under the engine's lock: a call is submitted.</summary>
    internal void OnCall()
    {
        long left = Volatile.Read(ref _leftAt);
        if (left == 0)
            return;

        Volatile.Write(ref _leftAt, 0);
        OnReturn(Stopwatch.GetTimestamp() - left);
    }

    /// <summary>A caller that had left without an answer is back, after so many stopwatch ticks.</summary>
    internal void OnReturn(long elapsed)
    {
        if (elapsed < SoonTicks)
            _hurry = Patience;
        else if (_hurry > 0)
            _hurry--;
    }

    /// <summary>Under the engine's lock: whether a caller that is alone with its worker is to look for its answer.</summary>
    internal bool Looks() => _hurry == 0 && ++_looks % Period != 0;

    /// <summary>A caller that was alone leaves without having looked. Racing callers lose a sample, which a guess bears.</summary>
    internal void OnLeaving() => Volatile.Write(ref _leftAt, Stopwatch.GetTimestamp());
}
