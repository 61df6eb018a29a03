using System.Globalization;

namespace Tandem.Serve.Workers;

/// <summary>
/// Decides by load how many workers there are to be. More at once, when requests wait for threads for most of a second: half as many again. Fewer slowly: one, when nothing
/// has waited for long, and no more requests were under way meanwhile than one worker less has had without their waiting. So the same load leads to the same number,
/// and stays there.
/// </summary>
/// <remarks>It has no clock and does nothing by itself: it is shown samples, and says what is to be done. Not synchronised.</remarks>
internal sealed class ScalePolicy(int min, int max, TimeSpan downAfter, TimeProvider time)
{
    /// <summary>What part of the requests that were too many for so many workers they are trusted with again.</summary>
    internal const double Trusted = 0.7;

    /// <summary>For how much longer requests must have waited than not, until there are more workers.</summary>
    internal static readonly TimeSpan Sustained = TimeSpan.FromMilliseconds(750);

    /// <summary>A sample speaks for no longer than that: who has not looked does not know.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long what was too much once is remembered, because thread pools grow, and services behind the application become faster. Twice as long each time
    /// that it was too much again.
    /// </summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    private const int MostDoublings = 4;

    // By number of workers: how many requests were too many for them, when that was seen, and how often before.
    private readonly Dictionary<int, (long Requests, long Seen, int Before)> _tooMany = [];
    private TimeSpan _waited; // for how much longer requests waited than not
    private TimeSpan _quiet;
    private long _most; // requests under way, while it was quiet
    private long _mostWaiting; // and while they waited
    private long _last;
    private bool _hasLast;

    internal int Min => min;

    internal int Max => max;

    /// <summary>What it sees, for people.</summary>
    internal string State { get; private set; } = "nothing waits";

    /// <summary>Looks at a sample; says how many workers there are to be where that is another number.</summary>
    internal ScaleDecision? Look(ScaleSample sample)
    {
        long now = time.GetTimestamp();
        TimeSpan step = _hasLast ? time.GetElapsedTime(_last, now) : TimeSpan.Zero;
        (_last, _hasLast) = (now, true);
        if (step > LongestStep)
            step = LongestStep;

        State = Describe(sample);
        if (sample.Workers < min)
            return Change(min, $"fewer than {min} were left over (--workers {min}:{max})");
        if (sample.Workers > max)
            return Change(max, $"more than {max} were left over (--workers {min}:{max})");
        if (sample.Accepting < sample.Workers)
        {
            _waited = TimeSpan.Zero; // those that start are to help first
            _mostWaiting = 0;
            return null;
        }

        return sample.NeedsWorkers ? OnNeed(sample, step, now) : OnNoNeed(sample, step, now);
    }

    /// <summary>Begins anew, after another number of workers or while something else goes on; what was too much stays known.</summary>
    internal void Restart()
    {
        (_waited, _quiet, _most, _mostWaiting) = (TimeSpan.Zero, TimeSpan.Zero, 0, 0);
        _hasLast = false;
    }

    /// <summary>Another version of the application serves: what was too much for the former one says nothing about it.</summary>
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

        _tooMany[sample.Workers] = (_mostWaiting, now, _tooMany.TryGetValue(sample.Workers, out (long, long, int Before) former) ? Math.Min(former.Before + 1, MostDoublings) : 0);
        int more = Math.Min(max, sample.Workers + Math.Max(1, sample.Workers / 2));
        return Change(more, string.Create(
            CultureInfo.InvariantCulture,
            $"{(sample.Waiting > 0 ? $"work has waited for the thread pool, {sample.LongestWait.TotalMilliseconds:0} ms now," : "connections have waited")} and the pools' threads are blocked in {sample.Blocked} of {sample.Workers} workers"));
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
            ? Change(sample.Workers - 1, string.Create(CultureInfo.InvariantCulture, $"nothing has waited for {downAfter.TotalSeconds:0.###} s, with {most} requests under way at most"))
            : null;
    }

    /// <summary>With how many requests so many workers are trusted: fewer than what was too many for them, or their part of what was for more.</summary>
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
        : !sample.NeedsWorkers ? "requests wait while the workers' threads run: more workers would wait for the same processors"
        : sample.Workers >= max ? "requests wait, and there are as many workers as there may be"
        : "requests wait";
}
