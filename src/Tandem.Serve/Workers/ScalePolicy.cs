using System.Globalization;

namespace Tandem.Serve.Workers;

/// <summary>
/// Decides by the load how many workers should exist. It scales up quickly, by half of the workers, when requests wait for threads for most
/// of a second. It scales down slowly, by one worker, when nothing has waited for long and meanwhile no more requests were in progress than
/// one worker less has handled without making them wait. So the same load leads to the same number, and the number stays there.
/// </summary>
/// <remarks>It has no timer and no side effects: callers pass samples to it, and it returns decisions. Not synchronised.</remarks>
internal sealed class ScalePolicy(int min, int max, TimeSpan downAfter, TimeProvider time)
{
    /// <summary>
    /// If some number of requests was too many for a number of workers, the policy trusts that number of workers with this fraction of the
    /// requests.
    /// </summary>
    internal const double Trusted = 0.7;

    /// <summary>For how much longer requests must have waited than not before workers are added.</summary>
    internal static readonly TimeSpan Sustained = TimeSpan.FromMilliseconds(750);

    /// <summary>The longest time that one sample stands for: if no samples were taken, nothing is known.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long the policy remembers that a number of requests was too many, because thread pools grow and the services behind the
    /// application become faster. It is doubled each time that the memory proves right.
    /// </summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    private const int MostDoublings = 4;

    // By number of workers: how many requests were too many for them, when that was seen, and how often it was seen before.
    private readonly Dictionary<int, (long Requests, long Seen, int Before)> _tooMany = [];
    private TimeSpan _waited; // for how much longer requests have waited than not
    private TimeSpan _quiet; // for how long nothing has waited
    private long _most; // the most requests in progress while nothing waited
    private long _mostWaiting; // the most requests in progress while requests waited
    private long _last; // the timestamp of the last sample
    private bool _hasLast; // whether there is a last sample

    internal int Min => min;

    internal int Max => max;

    /// <summary>The current state, as text for users.</summary>
    internal string State { get; private set; } = "nothing waits";

    /// <summary>Evaluates a sample; returns a decision if the number of workers should change.</summary>
    internal ScaleDecision? Evaluate(ScaleSample sample)
    {
        long now = time.GetTimestamp();
        TimeSpan step = _hasLast ? time.GetElapsedTime(_last, now) : TimeSpan.Zero;
        (_last, _hasLast) = (now, true);
        if (step > LongestStep)
            step = LongestStep;

        State = Describe(sample);
        if (sample.Workers < min)
            return Change(min, $"fewer than {min} workers were left (--workers {min}:{max})");
        if (sample.Workers > max)
            return Change(max, $"more than {max} workers were left (--workers {min}:{max})");
        if (sample.Accepting < sample.Workers)
        {
            _waited = TimeSpan.Zero; // wait for the effect of the workers that are starting
            _mostWaiting = 0;
            return null;
        }

        return sample.NeedsWorkers ? OnNeed(sample, step, now) : OnNoNeed(sample, step, now);
    }

    /// <summary>
    /// Restarts the measurement, after the number of workers has changed or while something else is in progress. What was too much stays
    /// known.
    /// </summary>
    internal void Restart()
    {
        (_waited, _quiet, _most, _mostWaiting) = (TimeSpan.Zero, TimeSpan.Zero, 0, 0);
        _hasLast = false;
    }

    /// <summary>Another version of the application serves. What was too much for the former one says nothing about it.</summary>
    internal void Forget()
    {
        Restart();
        _tooMany.Clear();
    }

    private ScaleDecision? OnNeed(ScaleSample sample, TimeSpan step, long now)
    {
        _waited = _waited + step < Sustained ? _waited + step : Sustained;
        (_quiet, _most) = (TimeSpan.Zero, 0);
        _mostWaiting = Math.Max(_mostWaiting, sample.Requests);
        if (_waited < Sustained || sample.Workers >= max)
            return null;

        _tooMany[sample.Workers] = (
            _mostWaiting,
            now,
            _tooMany.TryGetValue(sample.Workers, out (long, long, int Before) former) ? Math.Min(former.Before + 1, MostDoublings) : 0);
        int more = Math.Min(max, sample.Workers + Math.Max(1, sample.Workers / 2));
        return Change(more, string.Create(
            CultureInfo.InvariantCulture,
            $"{(sample.Waiting > 0
                ? $"work has waited for the thread pool, {sample.LongestWait.TotalMilliseconds:0} ms now,"
                : "connections have waited")} and the pools' threads are blocked in {sample.Blocked} of {sample.Workers} workers"));
    }

    private ScaleDecision? OnNoNeed(ScaleSample sample, TimeSpan step, long now)
    {
        _waited = _waited > step ? _waited - step : TimeSpan.Zero;
        if (_waited == TimeSpan.Zero)
            _mostWaiting = 0;
        _most = Math.Max(_most, sample.Requests);
        _quiet = sample.IsQuiet ? _quiet + step : TimeSpan.Zero;
        if (_quiet < downAfter || sample.Workers <= min)
            return null;

        long most = _most;
        (_quiet, _most) = (TimeSpan.Zero, sample.Requests);
        double trusted = TrustedWith(sample.Workers - 1, now);
        return most < trusted
            ? Change(
                sample.Workers - 1,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"nothing has waited for {downAfter.TotalSeconds:0.###} s, with at most {most} requests in progress"))
            : null;
    }

    /// <summary>
    /// The number of requests with which the policy trusts a number of workers: less than what was too many for them, or for a larger
    /// number in proportion.
    /// </summary>
    private double TrustedWith(int workers, long now)
    {
        double trusted = double.PositiveInfinity;
        foreach ((int number, (long requests, long seen, int before)) in _tooMany)
        {
            if (number >= workers && time.GetElapsedTime(seen, now) < Memory * Math.Pow(2, before))
                trusted = Math.Min(trusted, Trusted * requests * workers / number);
        }

        return trusted;
    }

    private ScaleDecision Change(int workers, string reason)
    {
        Restart();
        return new ScaleDecision(workers, reason);
    }

    private string Describe(ScaleSample sample) =>
        !sample.IsWaiting ? "nothing waits"
        : !sample.NeedsWorkers ? "requests wait while the workers' threads run: more workers would compete for the same processors"
        : sample.Workers >= max ? "requests wait, and the maximum number of workers is reached"
        : "requests wait";
}
