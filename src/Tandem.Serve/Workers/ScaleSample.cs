namespace Tandem.Serve.Workers;

/// <summary>The load at one moment.</summary>
/// <param name="Workers">The intended number of workers.</param>
/// <param name="Accepting">How many of them accept connections.</param>
/// <param name="Waiting">In how many of these work waits long for the thread pool.</param>
/// <param name="Blocked">
/// In how many of these work waits and the pool's threads are blocked, rather than running or waiting for a processor.
/// </param>
/// <param name="ConnectionsWait">Whether connections wait in the sockets.</param>
/// <param name="Requests">How many requests are in progress in all of them.</param>
/// <param name="LongestWait">The longest time that work waits.</param>
internal readonly record struct ScaleSample(
    int Workers, int Accepting, int Waiting, int Blocked, bool ConnectionsWait, long Requests, TimeSpan LongestWait)
{
    /// <summary>Whether requests wait.</summary>
    internal bool IsWaiting => Accepting > 0 && (ConnectionsWait || Waiting * 2 >= Accepting);

    /// <summary>Whether nothing waits that would wait even longer with fewer workers, not even in a single worker.</summary>
    internal bool IsQuiet => Blocked == 0 || (Waiting == 0 && !ConnectionsWait);

    /// <summary>
    /// Whether requests wait for threads, which more workers would provide. If they wait for processors, more workers do not help.
    /// </summary>
    internal bool NeedsWorkers => IsWaiting && Blocked * 2 >= Accepting;
}
