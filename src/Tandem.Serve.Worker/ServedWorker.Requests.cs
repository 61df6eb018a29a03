using System.Diagnostics.CodeAnalysis;
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

    /// <summary>Whether it serves clients: what it is asked before is part of its start, which has a limit of its own.</summary>
    internal bool HasServed => Volatile.Read(ref Entry.State) >= (long)WebWorkerState.Accepting;

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
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
    private async Task TellWhenOnlyStuckAsync()
    {
        while (true)
        {
            // Their clients may have gone.
            if (Volatile.Read(ref Entry.GivenUp) is > 0 and var left && Connections().TrueForAll(static connection => connection.HasOnlyGivenUp))
            {
                _messages.TrySend(ServeProtocol.OnlyStuckLeft, left.ToString(CultureInfo.InvariantCulture));
                return;
            }

            await Task.Delay(LookInterval).ConfigureAwait(false);
        }
    }
}
