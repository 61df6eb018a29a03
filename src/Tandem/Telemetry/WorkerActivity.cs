using System.Diagnostics;

namespace Tandem.Telemetry;

/// <summary>In a worker process: makes an item's work part of its caller's trace.</summary>
internal static class WorkerActivity
{
    // Created with the first item that belongs to a trace: most workers never need it.
    private static readonly Lazy<ActivitySource> Source = new(static () => new ActivitySource(TandemTelemetry.ActivitySourceName));

    /// <summary>Makes the caller's trace current on this thread, until the result is disposed.</summary>
    /// <remarks>Also if nothing in this process listens to Tandem, so that code that the work calls propagates the trace.</remarks>
    internal static Activity Start(string name, ActivityContext caller)
    {
        if (Source.Value.StartActivity(name, ActivityKind.Consumer, caller) is { } heard)
            return heard;

        var activity = new Activity(name) { TraceStateString = caller.TraceState };
        activity.SetParentId(caller.TraceId, caller.SpanId, caller.TraceFlags);
        return activity.Start();
    }
}
