using System.Diagnostics;
using Tandem.Work;

namespace Tandem.Telemetry;

/// <summary>Of an item that somebody wants to know about: since when, and its activity.</summary>
internal sealed class ItemObservation(Activity? activity, string pool, Instruments instruments)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>In a pool of processes: the one that has the item.</summary>
    internal int ProcessId { get; set; }

    /// <summary>The item has settled.</summary>
    /// <param name="item">The item.</param>
    /// <param name="error">Its error; null for none.</param>
    internal void End(WorkItem item, Exception? error)
    {
        string outcome = error switch
        {
            null => "completed",
            OperationCanceledException => "cancelled",
            WorkerCrashedException => "crashed",
            WorkTimeoutException => "timed_out",
            _ => "failed",
        };
        var tags = new TagList { { "tandem.pool", pool }, { "tandem.item.outcome", outcome } };
        if (error is not null)
            tags.Add("error.type", error.GetType().FullName);

        instruments.Record(Stopwatch.GetElapsedTime(_start), tags);
        if (activity is null)
            return;

        foreach (KeyValuePair<string, object?> tag in tags)
            activity.SetTag(tag.Key, tag.Value);
        if (ProcessId != 0)
            activity.SetTag("process.pid", ProcessId);
        if (item.ElementCount > 0)
            activity.SetTag("tandem.item.elements", item.ElementCount);
        if (error is not null and not OperationCanceledException)
            activity.SetStatus(ActivityStatusCode.Error, error.Message);

        activity.Stop();
    }
}
