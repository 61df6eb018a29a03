using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Tandem.Tests.Infrastructure;

/// <summary>Listens to what pools of one name tell through metrics and activities, as an exporter would.</summary>
internal sealed class Listening : IDisposable
{
    private static readonly AsyncLocal<Listening?> Present = new();

    private readonly string _pool;
    private readonly MeterListener _meter = new();
    private readonly ActivityListener _activities;
    private readonly ConcurrentQueue<(string Instrument, double Value, Dictionary<string, object?> Tags)> _measurements = new();
    private readonly ConcurrentQueue<Activity> _ended = new();

    internal Listening(string pool)
    {
        _pool = pool;
        _meter.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == TandemTelemetry.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _meter.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _meter.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _meter.Start();
        _activities = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == TandemTelemetry.ActivitySourceName,
            // Of the test that listens only: an activity is current while its item runs, and tests beside this one look at that.
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => Present.Value == this ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = _ended.Enqueue,
        };
        Present.Value = this;
        ActivitySource.AddActivityListener(_activities);
    }

    /// <summary>The activities of this pool's items that have ended.</summary>
    internal Activity[] Ended => [.. _ended.Where(activity => Equals(activity.GetTagItem("tandem.pool"), _pool))];

    /// <summary>What an instrument told about this pool, oldest first.</summary>
    internal (double Value, Dictionary<string, object?> Tags)[] Of(string instrument) =>
        [.. _measurements.Where(one => one.Instrument == instrument).Select(static one => (one.Value, one.Tags))];

    /// <summary>Asks the gauges now.</summary>
    internal Listening Observe()
    {
        _measurements.Clear();
        _meter.RecordObservableInstruments();
        return this;
    }

    public void Dispose()
    {
        _meter.Dispose();
        _activities.Dispose();
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var kept = new Dictionary<string, object?>(tags.ToArray());
        if (kept.TryGetValue("tandem.pool", out object? pool) && Equals(pool, _pool))
            _measurements.Enqueue((instrument.Name, value, kept));
    }
}
