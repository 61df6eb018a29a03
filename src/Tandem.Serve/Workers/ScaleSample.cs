namespace Tandem.Serve.Workers;

/// <summary>What the load looks like at one moment.</summary>
/// <param name="Workers">How many workers there are to be.</param>
/// <param name="Accepting">How many of them take connections.</param>
/// <param name="Waiting">In how many of those work waits long for the thread pool.</param>
/// <param name="Blocked">In how many of those work waits and the pool's threads are blocked, rather than that they run or wait for a processor.</param>
/// <param name="ConnectionsWait">Whether connections wait that no worker takes.</param>
/// <param name="Requests">How many requests are under way in all of them.</param>
/// <param name="LongestWait">How long work waits at most.</param>
internal readonly record struct ScaleSample(int Workers, int Accepting, int Waiting, int Blocked, bool ConnectionsWait, long Requests, TimeSpan LongestWait)
{
    /// <summary>Whether requests wait.</summary>
    internal bool IsWaiting => Accepting > 0 && (ConnectionsWait || Waiting * 2 >= Accepting);

    /// <summary>Whether nothing waits, not even in one worker, that would wait longer in fewer of them.</summary>
    internal bool IsQuiet => Blocked == 0 || (Waiting == 0 && !ConnectionsWait);

    /// <summary>Whether they do so for threads, of which more workers have more; where they wait for processors, more workers do not help.</summary>
    internal bool NeedsWorkers => IsWaiting && Blocked * 2 >= Accepting;
}
