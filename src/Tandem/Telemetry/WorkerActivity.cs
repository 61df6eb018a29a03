using System.Diagnostics;

namespace Tandem.Telemetry;

/// <summary>In a worker process: what an item does belongs to its caller's trace.</summary>
internal static class WorkerActivity
{
    // Made when the first item of a trace comes: most workers never need it.
    private static readonly Lazy<ActivitySource> Source = new(static () => new ActivitySource(TandemTelemetry.ActivitySourceName));

    /// <summary>Makes the caller's trace the current one on this thread, until the result is disposed.</summary>
    /// <remarks>Also where nobody in this process listens to Tandem: what the work calls passes the trace on.</remarks>
    internal static Activity Start(string name, ActivityContext caller)
    {
        if (Source.Value.StartActivity(name, ActivityKind.Consumer, caller) is { } heard)
            return heard;

        var activity = new Activity(name) { TraceStateString = caller.TraceState };
        activity.SetParentId(caller.TraceId, caller.SpanId, caller.TraceFlags);
        return activity.Start();
    }
}
