using System.Globalization;
using Tandem.Compare;
using Tandem.Compare.Recommending;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Compare;

/// <summary>Writes a comparison as an HTML page.</summary>
internal static class ComparisonReport
{
    private const int MostTimelines = 3;
    private const int MostRows = 32;

    internal static string Create(ComparisonResult result, string workload)
    {
        ConfigurationResult[] measured = [.. result.Configurations.Where(static one => one.Failure is null)];
        var page = new HtmlReport($"Threads or processes? {Path.GetFileName(workload)}");
        page.Paragraph(result.Recommendation.Headline, "lead")
            .List(result.Recommendation.Reasons)
            .Code(result.Recommendation.Code)
            .Paragraph(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Machine}. {result.ItemsPerRun:N0} items per run, "
                        + $"{result.Rounds} rounds in which all configurations took turns, "
                        + $"{result.Elapsed.TotalSeconds:0} s in total."),
                "quiet");
        if (result.Notes.Count > 0)
            page.List(result.Notes);

        SpeedUp(page, result, measured);
        Latency(page, measured);
        Memory(page, measured);
        Timelines(page, result, measured);
        return page.Heading("All figures").Table(AllFigures(result)).ToString();
    }

    private static void SpeedUp(HtmlReport page, ComparisonResult result, ConfigurationResult[] measured)
    {
        bool relative = measured.Any(static one => one.SpeedUp > 0);
        ChartSeries[] series =
        [
            .. measured.GroupBy(static one => one.Configuration.Model).OrderBy(static model => model.Key).Select(model => new ChartSeries(
                Recommender.Name(model.Key),
                [
                    .. model.OrderBy(static one => one.Configuration.Slots)
                        .Select(one => Point(one, relative ? one.SpeedUp : one.Throughput))
                ])),
        ];
        var table = new DataTable("configuration", "items/s", "noise", "speed-up");
        foreach (ConfigurationResult one in measured)
            table.Row(ComparisonView.Words(one)[..4], one.Configuration == result.Recommendation.Configuration);

        string what = relative ? "speed-up over one thread" : "items per second";
        page.Heading("Speed-up over workers").Figure(
            relative
                ? "Throughput as a multiple of one thread's. The bars are 95% confidence intervals; the dotted line is the ideal speed-up."
                : "Items per second. The bars are 95% confidence intervals.",
            Charts.Lines("Speed-up over the number of items that run at once", "items that run at once", what, series, ideal: relative),
            table);
    }

    private static ChartPoint Point(ConfigurationResult one, double value)
    {
        // With two rounds the interval is so wide that it would dwarf the plot.
        double noise = Math.Min(one.Noise, 1);
        return new ChartPoint(one.Configuration.Slots, value, value / (1 + noise), value * (1 + noise));
    }

    private static void Latency(HtmlReport page, ConfigurationResult[] measured)
    {
        var table = new DataTable("configuration", "p50", "p90", "p99", "max");
        foreach (ConfigurationResult one in measured)
        {
            LatencyFigures latency = one.Latency;
            TimeSpan[] times = [latency.Median, latency.Percentile90, latency.Percentile99, latency.Maximum];
            table.Row([one.Configuration.Name, .. times.Select(FigureText.Time)]);
        }

        double[] Of(Func<LatencyFigures, TimeSpan> figure) => [.. measured.Select(one => figure(one.Latency).TotalSeconds)];
        page.Heading("Latency").Figure(
            "How long one item takes in its worker.",
            Charts.Dots(
                "Latency percentiles", "time for an item", [.. measured.Select(static one => one.Configuration.Name)],
                [
                    ("p50", Of(static latency => latency.Median)),
                    ("p90", Of(static latency => latency.Percentile90)),
                    ("p99", Of(static latency => latency.Percentile99)),
                    ("max", Of(static latency => latency.Maximum)),
                ],
                Tick),
            table);
    }

    private static void Memory(HtmlReport page, ConfigurationResult[] measured)
    {
        var table = new DataTable("configuration", "peak", "private");
        foreach (ConfigurationResult one in measured)
            table.Row([one.Configuration.Name, FigureText.Bytes(one.Memory.Peak), FigureText.Bytes(one.Memory.Private)]);

        page.Heading("Memory").Figure(
            "Total of the process with the pool and its workers. "
                + "Peak counts memory that processes share once per process; private memory is not shared.",
            Charts.Bars(
                "Peak and private memory", "memory", [.. measured.Select(static one => one.Configuration.Name)],
                [
                    ("peak", [.. measured.Select(static one => Mebibytes(one.Memory.Peak))]),
                    ("private", [.. measured.Select(static one => Mebibytes(one.Memory.Private))]),
                ],
                static mebibytes => FigureText.Bytes((long)(mebibytes * (1 << 20)))),
            table);
    }

    private static double Mebibytes(long bytes) => bytes / (double)(1 << 20);

    private static void Timelines(HtmlReport page, ComparisonResult result, ConfigurationResult[] measured)
    {
        page.Heading("Which worker ran what, and when");
        // One configuration of each model: the one whose number of concurrent items is closest to the recommended one.
        int slots = result.Recommendation.Configuration.Slots;
        IEnumerable<ConfigurationResult> shown = measured.Where(static one => one.Timeline.Count > 0)
            .GroupBy(static one => one.Configuration.Model)
            .Select(model => model.MinBy(one => Math.Abs(one.Configuration.Slots - slots))!)
            .Take(MostTimelines);
        foreach (ConfigurationResult one in shown)
        {
            Dictionary<int, int> processes = one.Timeline.Select(static item => item.ProcessId).Distinct().Index()
                .ToDictionary(static pair => pair.Item, static pair => pair.Index);
            IGrouping<int, TimelineItem>[] lanes =
            [
                .. one.Timeline.GroupBy(static item => item.Slot)
                    .OrderBy(lane => processes[lane.First().ProcessId])
                    .ThenBy(static lane => lane.Key)
                    .Take(MostRows),
            ];
            var table = new DataTable("worker", "items", "busy");
            TimeSpan end = one.Timeline.Max(static item => item.End);
            List<ChartRow> rows = [];
            foreach (IGrouping<int, TimelineItem> lane in lanes)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"process {lane.First().ProcessId}, thread {lane.Key + 1}");
                rows.Add(new ChartRow(name, [.. lane.Select((item, index) => Span(item, (2 * processes[item.ProcessId]) + (index % 2)))]));
                double busy = lane.Sum(static item => (item.End - item.Start).TotalSeconds) / end.TotalSeconds;
                table.Row([name, lane.Count().ToString(CultureInfo.InvariantCulture), FigureText.Share(busy)]);
            }

            page.Figure(
                $"{Recommender.Capital(one.Configuration.Name)}: the first {one.Timeline.Count} items of the last run. "
                    + "Gaps are time without work.",
                Charts.Times($"Timeline with {one.Configuration.Name}", "time from the start of the run", rows, Tick),
                table);
        }
    }

    private static string Tick(double seconds) => seconds == 0 ? "0" : FigureText.Time(TimeSpan.FromSeconds(seconds));

    private static ChartSpan Span(TimelineItem item, int series) => new(
        item.Start.TotalSeconds,
        item.End.TotalSeconds,
        series,
        string.Create(
            CultureInfo.InvariantCulture,
            $"item {item.Item}: {FigureText.Time(item.End - item.Start)} from {FigureText.Time(item.Start)}"));

    private static DataTable AllFigures(ComparisonResult result)
    {
        var table = new DataTable([.. ComparisonView.Columns, "one worker killed"]);
        foreach (ConfigurationResult one in result.Configurations)
        {
            string[] cells = one.Failure is null ? ComparisonView.Words(one) : [one.Configuration.Name, one.Failure];
            table.Row([.. cells, one.BlastRadius?.Description ?? ""], one.Configuration == result.Recommendation.Configuration);
        }

        return table;
    }
}
