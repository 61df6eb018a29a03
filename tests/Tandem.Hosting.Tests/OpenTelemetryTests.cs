using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Tandem.Hosting.Tests;

/// <summary>What an application sees that collects by OpenTelemetry, as docs/observability.md shows it.</summary>
public sealed class OpenTelemetryTests
{
    private static readonly ActivitySource Application = new("Shop");

    [Theory(Timeout = Limits.Test)]
    [InlineData(Isolation.Thread)]
    [InlineData(Isolation.Process)]
    public async Task Traces_and_metrics_arrive_with_the_caller_as_parent(Isolation isolation)
    {
        List<Activity> spans = [];
        List<Metric> metrics = [];
        using TracerProvider tracing = Sdk.CreateTracerProviderBuilder()
            .AddSource("Shop")
            .AddSource(TandemTelemetry.ActivitySourceName)
            .AddInMemoryExporter(spans)
            .Build();
        using MeterProvider metering = Sdk.CreateMeterProviderBuilder()
            .AddMeter(TandemTelemetry.MeterName)
            .AddInMemoryExporter(metrics)
            .Build();
        string name = $"otel {isolation}";
        string inside;
        ActivityTraceId trace;
        await using (WorkerPool pool = WorkerPool.Create(new WorkerPoolOptions { Isolation = isolation, Workers = 1, Name = name }))
        {
            using (Activity order = Application.StartActivity("order")!)
            {
                trace = order.TraceId;
                inside = await pool.RunAsync(static () => Activity.Current!.TraceId.ToHexString(), new WorkOptions { Name = "price" });
                await Assert.ThrowsAsync<FormatException>(() => pool.RunAsync(static () => int.Parse("x", null), new WorkOptions { Name = "stock" }));
            }

            Assert.True(metering.ForceFlush());
        }

        Assert.True(tracing.ForceFlush());
        // Other tests use pools meanwhile, whose activities would go on coming into the list that is looked through.
        tracing.Dispose();
        Assert.Equal(trace.ToHexString(), inside);
        Activity[] own = [.. spans.Where(span => Equals(span.GetTagItem("tandem.pool"), name))];
        Assert.Equal(["price", "stock"], own.Select(static span => span.DisplayName));
        Activity parent = Assert.Single(spans, span => span.Source == Application && span.TraceId == trace);
        Assert.All(own, span => Assert.Equal((trace, parent.SpanId), (span.TraceId, span.ParentSpanId)));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], own.Select(static span => span.Status));

        foreach (string metric in (string[])["tandem.item.duration", "tandem.item.run.duration", "tandem.item.wait.duration"])
            Assert.Equal(2, Sum(metric, static point => point.GetHistogramCount()));
        Assert.Equal(2, Sum("tandem.pool.items", static point => point.GetSumLong()));
        Assert.True(Sum("tandem.pool.workers", static point => point.GetSumLong()) > 0);

        long Sum(string metric, Func<MetricPoint, long> count)
        {
            long sum = 0;
            foreach (MetricPoint point in metrics.Last(one => one.Name == metric).GetMetricPoints())
            {
                foreach (KeyValuePair<string, object?> tag in point.Tags)
                    sum += tag.Key == "tandem.pool" && Equals(tag.Value, name) ? count(point) : 0;
            }

            return sum;
        }
    }
}
