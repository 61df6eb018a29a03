namespace Tandem.Events;

/// <summary>What has gone through a pool, or through one of its workers.</summary>
/// <param name="Items">Items, and elements of maps, that workers have answered.</param>
/// <param name="Sent">Bytes of items that went to worker processes.</param>
/// <param name="Received">Bytes of outcomes that came back.</param>
internal readonly record struct PoolTraffic(long Items, long Sent = 0, long Received = 0)
{
    public static PoolTraffic operator +(PoolTraffic a, PoolTraffic b) => new(a.Items + b.Items, a.Sent + b.Sent, a.Received + b.Received);
}
