using System.Globalization;
using System.Text;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Report;

/// <summary>The figures of a run, what they mean beside each other, and whether they are what Tandem means to reach.</summary>
internal static class PerformanceReport
{
    private const string Missing = "–";

    internal static string Render(ResultLog results, IReadOnlyList<string> notes)
    {
        string[] backends = [.. Backend.All.Where(backend => Metric.All.Any(metric => results.Find(backend, metric) is not null))];
        Metric[] metrics = [.. Metric.All.Where(metric => backends.Any(backend => results.Find(backend, metric) is not null))];
        if (metrics.Length == 0)
            return "Nothing was measured.\n";

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Measured on {Machine.Describe()}. Medians.\n\n");
        text.Append(Figures(results, backends, metrics)).Append('\n');
        if (backends.Contains(Backend.Processes) && backends.Length > 1)
        {
            text.Append("How many times better `processes` is (below 1: worse):\n\n");
            text.Append(Advantages(results, backends, metrics)).Append('\n');
        }

        text.Append("Targets:\n\n").Append(Targets(results));
        text.Append('\n').AppendJoin("", metrics.Select(metric => $"- `{metric.Name}`: {metric.Explanation}.\n"));
        text.AppendJoin("", notes.Select(note => $"- Note: {note}\n"));
        return text.ToString();
    }

    private static string Figures(ResultLog results, string[] backends, Metric[] metrics)
    {
        var table = new MarkdownTable(["metric", .. backends]);
        foreach (Metric metric in metrics)
            table.Add([metric.Name, .. backends.Select(backend => Figure(results.Find(backend, metric)))]);

        return table.Render();
    }

    private static string Advantages(ResultLog results, string[] backends, Metric[] metrics)
    {
        string[] others = [.. backends.Where(backend => backend != Backend.Processes)];
        var table = new MarkdownTable(["processes against", .. others]);
        foreach (Metric metric in metrics)
        {
            double? own = results.Find(Backend.Processes, metric);
            IEnumerable<double?> figures = others.Select(other => results.Find(other, metric));
            double?[] ratios = [.. figures.Select(other => metric.SmallerIsBetter ? other / own : own / other)];
            if (ratios.Any(ratio => ratio is not null))
                table.Add([metric.Name, .. ratios.Select(Figure)]);
        }

        return table.Render();
    }

    private static string Targets(ResultLog results)
    {
        var table = new MarkdownTable("target", "must be", "is", "verdict");
        foreach (Target target in Target.All)
        {
            double? figure = target.Figure(results);
            string bound = $"{(target.AtMost ? "≤" : "≥")} {Figure(target.Bound)} {target.Unit}";
            string verdict = figure is null ? "not measured" : target.IsMetBy(figure.Value) ? "pass" : "FAIL";
            table.Add($"{target.Number}. {target.Text}", bound, figure is null ? Missing : $"{Figure(figure)} {target.Unit}", verdict);
        }

        return table.Render();
    }

    private static string Figure(double? value) => value switch
    {
        null => Missing,
        >= 1000 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.Value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 1 => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
        >= 0.01 => value.Value.ToString("0.###", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("G1", CultureInfo.InvariantCulture),
    };
}
