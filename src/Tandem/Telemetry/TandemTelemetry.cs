namespace Tandem;

/// <summary>
/// The names of Tandem's sources for <see cref="System.Diagnostics.Metrics"/> and <see cref="System.Diagnostics.ActivitySource"/>.
/// </summary>
public static class TandemTelemetry
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Tandem";

    /// <summary>
    /// The name of the activity source. It has an activity, from submission to completion, for each work item that belongs to a trace,
    /// and for up to about a thousand others per second.
    /// </summary>
    public const string ActivitySourceName = "Tandem";

    /// <summary>The name of the event source that <c>tandem top</c> uses.</summary>
    internal const string EventSourceName = "Tandem";
}
