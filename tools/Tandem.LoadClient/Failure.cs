namespace Tandem.LoadClient;

/// <summary>What became of a request that got no complete and right answer.</summary>
public enum FailureKind
{
    /// <summary>No connection could be made.</summary>
    Refused,

    /// <summary>No byte of an answer, to the first request of a connection.</summary>
    Fresh,

    /// <summary>No byte of an answer, on a connection that had been kept.</summary>
    Reuse,

    /// <summary>The answer was cut.</summary>
    Mid,

    /// <summary>A complete answer that is not the one to this request.</summary>
    Wrong,
}

/// <summary>One failure.</summary>
/// <param name="Kind">What became of the request.</param>
/// <param name="Timestamp">When, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> counts.</param>
/// <param name="Path">The request's path.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="RequestsBefore">How many requests the connection had answered before.</param>
public sealed record Failure(FailureKind Kind, long Timestamp, string Path, string Detail, long RequestsBefore);
