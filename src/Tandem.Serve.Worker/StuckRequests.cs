using System.Globalization;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>Counts and reports requests that exceeded their time limit (--request-timeout).</summary>
internal sealed class StuckRequests(PublishedState own, ConnectionList connections, MessageSocket messages, TimeProvider time)
{
    /// <summary>This many aborted requests that still run, but hold no thread, count as a leak, and the worker is replaced.</summary>
    private const int MaxStuck = 100;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private int _isReported; // 1 after the supervisor was asked to replace this worker

    /// <summary>Counts a request that exceeded its limit.</summary>
    internal void CountTimedOut() => Interlocked.Increment(ref own.Entry.TimedOut);

    /// <summary>Counts requests that were aborted and still run.</summary>
    /// <param name="more">How many more there are; negative if some have ended.</param>
    internal void Count(int more)
    {
        if (Interlocked.Add(ref own.Entry.Stuck, more) >= MaxStuck && more > 0)
        {
            Report(0, string.Create(
                CultureInfo.InvariantCulture,
                $"{MaxStuck} requests that were aborted (--request-timeout) still run; they hold no threads, but memory"));
        }
    }

    /// <summary>Asks the supervisor to replace this worker.</summary>
    /// <param name="thread">The system's id of the thread that a request holds; 0 for none.</param>
    /// <param name="what">The reason, as text for users.</param>
    internal void Report(int thread, string what)
    {
        if (Interlocked.Exchange(ref _isReported, 1) == 0)
            messages.TrySend(ServeProtocol.Stuck, string.Create(CultureInfo.InvariantCulture, $"{thread} {what}"));
    }

    /// <summary>Tells the supervisor when the draining worker has only stuck requests left, which may never end.</summary>
    internal async Task ReportWhenAloneAsync()
    {
        while (true)
        {
            // Some of these clients may be gone.
            if (Volatile.Read(ref own.Entry.Stuck) is > 0 and var left
                && connections.Snapshot().TrueForAll(static connection => connection.HasOnlyStuck))
            {
                messages.TrySend(ServeProtocol.OnlyStuckLeft, left.ToString(CultureInfo.InvariantCulture));
                return;
            }

            await Task.Delay(PollInterval, time).ConfigureAwait(false);
        }
    }
}
