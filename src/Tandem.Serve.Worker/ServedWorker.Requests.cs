using System.Globalization;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <content>Requests that take too long (--request-timeout).</content>
internal sealed partial class ServedWorker
{
    /// <summary>So many that have not ended although they were told to, and hold no thread, are a leak that costs the worker.</summary>
    private const int MostGivenUp = 100;

    /// <summary>Watches them; null where a request may take as long as it wants.</summary>
    internal RequestWatch? Requests { get; }

    private int _isStuckTold;

    internal void CountTimedOut() => Interlocked.Increment(ref Entry.TimedOut);

    internal void CountGivenUp(int more)
    {
        if (Interlocked.Add(ref Entry.GivenUp, more) >= MostGivenUp && more > 0)
            TellStuck(0, string.Create(CultureInfo.InvariantCulture, $"{MostGivenUp} requests that were aborted (--request-timeout) have not ended; they hold no threads, but memory"));
    }

    /// <summary>Has the supervisor replace this worker.</summary>
    /// <param name="thread">The system's number of the thread that does not come back; 0 for none.</param>
    /// <param name="what">Why, for people.</param>
    internal void TellStuck(int thread, string what)
    {
        if (Interlocked.Exchange(ref _isStuckTold, 1) == 0)
            _messages.TrySend(ServeProtocol.Stuck, string.Create(CultureInfo.InvariantCulture, $"{thread} {what}"));
    }

    /// <summary>The worker ends, and waits for nothing more but for what may not end at all.</summary>
    private async Task TellWhenOnlyStuckAsync()
    {
        while (true)
        {
            List<TrackedConnection> connections = Connections();
            if (connections.Exists(static connection => connection.HasGivenUp) && connections.TrueForAll(static connection => connection.HasOnlyGivenUp))
            {
                _messages.TrySend(ServeProtocol.OnlyStuckLeft, Volatile.Read(ref Entry.GivenUp).ToString(CultureInfo.InvariantCulture));
                return;
            }

            await Task.Delay(LookInterval).ConfigureAwait(false);
        }
    }
}
