namespace Tandem;

/// <summary>The names under which Tandem tells of itself through <see cref="System.Diagnostics.Metrics"/> and <see cref="System.Diagnostics.ActivitySource"/>.</summary>
public static class TandemTelemetry
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Tandem";

    /// <summary>The name of the activity source: an activity for each work item that a trace submits, and for those outside of one up to some thousand in a second, from its submission to its end.</summary>
    public const string ActivitySourceName = "Tandem";

    /// <summary>The name of the event source that <c>tandem top</c> listens to.</summary>
    internal const string EventSourceName = "Tandem";
}
