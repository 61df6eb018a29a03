namespace Tandem.Events;

/// <summary>The traffic of a pool, or of one of its workers.</summary>
/// <param name="Items">The number of items, and of elements of maps, that workers have answered.</param>
/// <param name="Sent">The bytes of items that were sent to worker processes.</param>
/// <param name="Received">The bytes of outcomes that were received from them.</param>
internal readonly record struct PoolTraffic(long Items, long Sent = 0, long Received = 0)
{
    public static PoolTraffic operator +(PoolTraffic a, PoolTraffic b) => new(a.Items + b.Items, a.Sent + b.Sent, a.Received + b.Received);
}
