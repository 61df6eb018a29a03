using System.Globalization;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Workers;

/// <summary>Decides whether a worker hangs (--hang-timeout), by what it publishes.</summary>
/// <param name="limit">How long its process or its thread pool may do nothing; zero for no limit.</param>
/// <param name="time">The clock. Workers publish times of the machine's monotonic clock.</param>
internal sealed class HangPolicy(TimeSpan limit, TimeProvider time)
{
    private readonly long _limit = (long)limit.TotalMilliseconds;

    /// <summary>Describes how the worker of an entry hangs; null if it does not.</summary>
    internal string? Describe(ref readonly BoardEntry entry)
    {
        long alive = Volatile.Read(in entry.AliveAt);
        if (_limit == 0 || Volatile.Read(in entry.State) != (long)WebWorkerState.Accepting || alive == 0)
            return null;

        long now = time.GetMilliseconds();
        if (now - alive > _limit)
            return string.Create(CultureInfo.InvariantCulture, $"its process has not run for {(now - alive) / 1000.0:0.0} s");

        long served = now - Volatile.Read(in entry.PoolServedAt);
        if (served > _limit)
            return string.Create(CultureInfo.InvariantCulture, $"its thread pool has served nothing for {served / 1000.0:0.0} s");

        long starvedSince = Volatile.Read(in entry.StarvedSince);
        return starvedSince > 0 && now - starvedSince > _limit
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"its thread pool is starved: all its threads are blocked, "
                + $"and work has waited long for {(now - starvedSince) / 1000.0:0.0} s")
            : null;
    }
}
