using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>
/// Notices that the supervisor itself did not run for a while. The workers may have been suspended as well, so hangs are not detected until
/// they have had as many turns to show that they run.
/// </summary>
internal sealed class FreezeGuard(TimeProvider time)
{
    /// <summary>
    /// A gap of more than this many heartbeats counts as a freeze, and as many turns follow in which no hangs are detected.
    /// </summary>
    internal const int Turns = 8;

    private long _last = time.GetTimestamp(); // the timestamp of the last turn
    private int _left; // how many turns are left in which no hangs are detected

    /// <summary>Called once in each turn of the watch loop; returns whether hangs can be detected in this turn.</summary>
    internal bool OnTurn()
    {
        long now = time.GetTimestamp();
        _left = time.GetElapsedTime(_last, now) > Turns * ServeProtocol.Beat ? Turns : Math.Max(0, _left - 1);
        _last = now;
        return _left == 0;
    }
}
