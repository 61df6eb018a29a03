using System.Diagnostics.Tracing;

namespace Tandem.LoadClient;

/// <summary>
/// Counts the requests that the platform's HTTP client really sends: it sends some again without a word, and cannot be told not to.
/// It sees all of the process, so that of two loads with HTTP/2 at a time each would count the other's.
/// </summary>
internal sealed class RetryCounter : EventListener
{
    private long _sent;

    /// <summary>How many were sent beyond those that were meant to be.</summary>
    /// <exception cref="InvalidOperationException">Fewer were seen than were answered, so that nothing can be said of those sent again.</exception>
    internal long CountBeyond(long meant, long answered)
    {
        long sent = Interlocked.Read(ref _sent);
        return sent >= answered
            ? Math.Max(0, sent - meant)
            : throw new InvalidOperationException($"Of {answered} requests that were answered only {sent} were seen: the client's events do not come.");
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Net.Http")
            EnableEvents(eventSource, EventLevel.Informational);
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName == "RequestHeadersStart")
            Interlocked.Increment(ref _sent);
    }
}
