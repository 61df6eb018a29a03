using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <content>Requests that exceed their time limit (--request-timeout).</content>
internal sealed partial class ServedWorker
{
    /// <summary>This many aborted requests that still run, but hold no thread, count as a leak, and the worker is replaced.</summary>
    private const int MaxStuck = 100;

    /// <summary>Watches requests; null if there is no time limit.</summary>
    internal RequestWatch? Requests { get; }

    private int _isStuckReported; // 1 after the supervisor was asked to replace this worker

    /// <summary>
    /// Whether the worker serves, or served, clients. Requests before that are part of its start, which has its own time limit.
    /// </summary>
    internal bool HasServed => Volatile.Read(ref Entry.State) >= (long)WebWorkerState.Accepting;

    internal void CountTimedOut() => Interlocked.Increment(ref Entry.TimedOut);

    internal void CountStuck(int more)
    {
        if (Interlocked.Add(ref Entry.Stuck, more) >= MaxStuck && more > 0)
            ReportStuck(0, string.Create(CultureInfo.InvariantCulture, $"{MaxStuck} requests that were aborted (--request-timeout) still run; they hold no threads, but memory"));
    }

    /// <summary>Asks the supervisor to replace this worker.</summary>
    /// <param name="thread">The system's id of the thread that a request holds; 0 for none.</param>
    /// <param name="what">The reason, as text for users.</param>
    internal void ReportStuck(int thread, string what)
    {
        if (Interlocked.Exchange(ref _isStuckReported, 1) == 0)
            _messages.TrySend(ServeProtocol.Stuck, string.Create(CultureInfo.InvariantCulture, $"{thread} {what}"));
    }

    /// <summary>Tells the supervisor when the draining worker has only stuck requests left, which may never end.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
    private async Task ReportWhenOnlyStuckAsync()
    {
        while (true)
        {
            // Some of these clients may be gone.
            if (Volatile.Read(ref Entry.Stuck) is > 0 and var left && Connections().TrueForAll(static connection => connection.HasOnlyStuck))
            {
                _messages.TrySend(ServeProtocol.OnlyStuckLeft, left.ToString(CultureInfo.InvariantCulture));
                return;
            }

            await Task.Delay(PollInterval).ConfigureAwait(false);
        }
    }
}
