namespace Tandem.Processes;

/// <summary>What a pool does so that it has the workers that it should have.</summary>
/// <param name="Promote">So many spares become workers.</param>
/// <param name="RetireDue">So many that are due go: their successors are there.</param>
/// <param name="RetireServing">So many workers go: there are more than the pool may have.</param>
/// <param name="RetireSpares">So many spares go: there are more than there are to be.</param>
/// <param name="Start">So many are started. Negative: so many are on the way that nobody needs any more.</param>
internal readonly record struct StaffingPlan(int Promote, int RetireDue, int RetireServing, int RetireSpares, int Start)
{
    /// <summary>
    /// Decides. The places of workers are taken by those that serve and by those that finish their last items. Successors of those that
    /// are due or spent are started ahead; the successor of a spent one waits, as a spare, until that one has finished, so that no more
    /// workers have items than the pool may have.
    /// </summary>
    /// <param name="now">Which workers there are.</param>
    /// <param name="wanted">How many are to serve, at most <paramref name="limit"/>; 0 when nothing is to be started.</param>
    /// <param name="limit">How many may serve.</param>
    /// <param name="spares">How many spares there are to be beside them.</param>
    internal static StaffingPlan For(WorkerCounts now, int wanted, int limit, int spares)
    {
        int promote = Math.Min(now.Spare, Math.Max(0, wanted - now.Serving - now.Spent));
        int serving = now.Serving + promote;
        int spare = now.Spare - promote;
        int due = Math.Clamp(serving + now.Spent + now.Due - wanted, 0, now.Due);
        int surplus = Math.Clamp(serving + now.Spent - limit, 0, serving);
        serving -= surplus;
        int kept = spares + Math.Max(0, wanted - serving);
        int surplusSpares = Math.Max(0, spare - kept);
        int start = wanted + spares - serving - (spare - surplusSpares) - now.Starting;
        // Spares alone are no reason to start anything.
        if (wanted == 0)
            start = Math.Min(0, start);
        return new StaffingPlan(promote, due, surplus, surplusSpares, Math.Max(-now.Starting, start));
    }
}
