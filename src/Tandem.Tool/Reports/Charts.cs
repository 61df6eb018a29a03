namespace Tandem.Tool.Reports;

/// <summary>Draws the kinds of chart that reports use.</summary>
internal static class Charts
{
    private const double Width = 620;
    private const double LabelHeight = 18;
    private const double NameWidth = 172;
    private const double Left = 64;
    private const double Right = 16;
    private const double Bottom = 44;

    /// <summary>A line chart over a logarithmic axis with base 2.</summary>
    internal static Svg Lines(string title, string xLabel, string yLabel, IReadOnlyList<ChartSeries> series, bool ideal = false)
    {
        const double Height = 360;
        double top = Legend.Height(series.Count) + 8;
        var svg = new Svg(Width, Height, title);
        ChartPoint[] all = [.. series.SelectMany(static one => one.Points)];
        Scale x = Scale.Logarithmic(all.Min(static point => point.X), all.Max(static point => point.X), Left, Width - Right, powersOf: 2);
        Scale y = Scale.Linear(all.Max(static point => point.High), Height - Bottom, top);
        Axes(svg, x, y, xLabel, yLabel, top, Height);
        if (ideal)
            svg.Polyline(x.Ticks.Select(tick => (x[tick], y[tick])).Where(point => point.Item2 > top), "ideal");

        for (int index = 0; index < series.Count; index++)
        {
            svg.Polyline(series[index].Points.Select(point => (x[point.X], y[point.Y])), Palette.Stroke(index));
            foreach (ChartPoint point in series[index].Points)
            {
                svg.Line(x[point.X], y[point.Low], x[point.X], y[point.High], "bound");
                svg.Marker(x[point.X], y[point.Y], index, $"{series[index].Name}, {Scale.Plain(point.X)}: {Scale.Plain(point.Y)}");
            }
        }

        Legend.Draw(svg, series.Select(static one => one.Name), Left);
        return svg;
    }

    /// <summary>A dot plot: one row per name, with one mark per series, along a logarithmic axis.</summary>
    internal static Svg Dots(
        string title,
        string label,
        IReadOnlyList<string> names,
        IReadOnlyList<(string Name, double[] Values)> series,
        Func<double, string> tick)
    {
        const double RowHeight = 26;
        double top = Legend.Height(series.Count) + 8;
        double bottom = top + (names.Count * RowHeight);
        var svg = new Svg(Width, bottom + Bottom, title);
        double[] all = [.. series.SelectMany(static one => one.Values).Where(static value => value > 0)];
        Scale x = Scale.Logarithmic(all.DefaultIfEmpty(1).Min(), all.DefaultIfEmpty(1).Max(), NameWidth, Width - Right - 20);
        Vertical(svg, x, top, bottom, label, tick, NameWidth);
        for (int row = 0; row < names.Count; row++)
        {
            double middle = top + ((row + 0.5) * RowHeight);
            svg.Text(NameWidth - 8, middle + 4, names[row], "end");
            double[] values = [.. series.Select(one => one.Values[row]).Where(static value => value > 0)];
            if (values.Length == 0)
                continue;

            svg.Line(x[values.Min()], middle, x[values.Max()], middle, "axis");
            for (int index = 0; index < series.Count; index++)
            {
                svg.Marker(
                    x[series[index].Values[row]],
                    middle,
                    index,
                    $"{names[row]}, {series[index].Name}: {tick(series[index].Values[row])}");
            }
        }

        Legend.Draw(svg, series.Select(static one => one.Name), NameWidth);
        return svg;
    }

    /// <summary>A bar chart: one group of bars per name.</summary>
    internal static Svg Bars(
        string title,
        string label,
        IReadOnlyList<string> names,
        IReadOnlyList<(string Name, double[] Values)> series,
        Func<double, string> tick)
    {
        const double BarHeight = 11;
        const double Gap = 10;
        double top = Legend.Height(series.Count) + 8;
        double rowHeight = (series.Count * BarHeight) + Gap;
        double bottom = top + (names.Count * rowHeight);
        var svg = new Svg(Width, bottom + Bottom, title);
        Scale x = Scale.Linear(series.SelectMany(static one => one.Values).DefaultIfEmpty(1).Max(), NameWidth, Width - Right - 20);
        Vertical(svg, x, top, bottom, label, tick, NameWidth);
        for (int row = 0; row < names.Count; row++)
        {
            double at = top + (row * rowHeight) + (Gap / 2);
            svg.Text(NameWidth - 8, at + (series.Count * BarHeight / 2) + 4, names[row], "end");
            for (int index = 0; index < series.Count; index++)
            {
                double value = series[index].Values[row];
                string tip = $"{names[row]}, {series[index].Name}: {tick(value)}";
                svg.Rectangle(
                    NameWidth, at + (index * BarHeight), Math.Max(0, x[value] - NameWidth), BarHeight - 1, Palette.Fill(index), tip);
            }
        }

        Legend.Draw(svg, series.Select(static one => one.Name), NameWidth);
        return svg;
    }

    /// <summary>A time chart: the spans of each row.</summary>
    internal static Svg Times(string title, string label, IReadOnlyList<ChartRow> rows, Func<double, string> tick)
    {
        const double RowHeight = 22;
        const double Top = 8;
        double bottom = Top + (rows.Count * RowHeight);
        var svg = new Svg(Width, bottom + Bottom, title);
        Scale x = Scale.Linear(
            rows.SelectMany(static row => row.Spans).Select(static span => span.End).DefaultIfEmpty(1).Max(),
            NameWidth,
            Width - Right - 20);
        Vertical(svg, x, Top, bottom, label, tick, NameWidth);
        for (int row = 0; row < rows.Count; row++)
        {
            double at = Top + (row * RowHeight);
            svg.Text(NameWidth - 8, at + (RowHeight / 2) + 4, rows[row].Name, "end");
            foreach (ChartSpan span in rows[row].Spans)
            {
                svg.Rectangle(
                    x[span.Start],
                    at + 3,
                    Math.Max(0.7, x[span.End] - x[span.Start]),
                    RowHeight - 6,
                    $"item {Palette.Fill(span.Series)}",
                    span.Tip);
            }
        }

        return svg;
    }

    private static void Axes(Svg svg, Scale x, Scale y, string xLabel, string yLabel, double top, double height)
    {
        foreach (double tick in y.Ticks)
        {
            svg.Line(Left, y[tick], Width - Right, y[tick], "grid");
            svg.Text(Left - 6, y[tick] + 4, Scale.Plain(tick), "end", "quiet");
        }

        foreach (double tick in x.Ticks)
        {
            svg.Line(x[tick], height - Bottom, x[tick], height - Bottom + 5, "axis");
            svg.Text(x[tick], height - Bottom + 18, Scale.Plain(tick), "middle", "quiet");
        }

        svg.Line(Left, height - Bottom, Width - Right, height - Bottom, "axis");
        svg.Text((Left + Width - Right) / 2, height - 8, xLabel, "middle");
        svg.TextUpwards(16, (top + height - Bottom) / 2, yLabel);
    }

    private static void Vertical(Svg svg, Scale x, double top, double bottom, string label, Func<double, string> tick, double left)
    {
        foreach (double value in x.Ticks)
        {
            svg.Line(x[value], top, x[value], bottom, "grid");
            svg.Text(x[value], bottom + 16, tick(value), "middle", "quiet");
        }

        svg.Line(left, bottom, Width - Right - 20, bottom, "axis");
        svg.Text((left + Width - Right) / 2, bottom + 36, label, "middle");
    }

    /// <summary>The legend of shapes, dashes and colours.</summary>
    private static class Legend
    {
        private const int Columns = 4;

        internal static double Height(int series) => (((series - 1) / Columns) + 1) * LabelHeight;

        internal static void Draw(Svg svg, IEnumerable<string> names, double left)
        {
            double columnWidth = (Width - left - Right) / Columns;
            foreach ((int index, string name) in names.Index())
            {
                double x = left + (index % Columns * columnWidth), y = 10 + (index / Columns * LabelHeight);
                svg.Polyline([(x, y), (x + 24, y)], Palette.Stroke(index));
                svg.Marker(x + 12, y, index);
                svg.Text(x + 30, y + 4, name);
            }
        }
    }
}
