using System.Globalization;
using System.Text;
using Tandem.Bench.Harness;
using Tandem.Bench.Report;

namespace Tandem.ServeBench.Report;

/// <summary>The figures of a run and whether they are what Tandem means to reach.</summary>
internal sealed class ServeReport
{
    private readonly MarkdownTable _targets = new("target", "must be", "is", "verdict");
    private readonly List<(string Title, MarkdownTable Table)> _figures = [];
    private readonly List<string> _notes = [];
    private bool _hasTargets;

    internal static string Number(double value) => value switch
    {
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    internal void Add(string title, MarkdownTable table) => _figures.Add((title, table));

    internal void AtMost(string text, double figure, double bound, string unit) => Judge(text, figure, bound, unit, figure <= bound, "≤");

    internal void AtLeast(string text, double figure, double bound, string unit) => Judge(text, figure, bound, unit, figure >= bound, "≥");

    internal void Note(string text)
    {
        _notes.Add(text);
        Console.Error.WriteLine(text);
    }

    internal string Render()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Measured on {Machine.Describe()}; load and server on the same machine.\n\n");
        if (_hasTargets)
            text.Append(_targets.Render());
        foreach ((string title, MarkdownTable table) in _figures)
            text.Append(CultureInfo.InvariantCulture, $"\n{title}:\n\n").Append(table.Render());
        if (_notes.Count > 0)
            text.Append('\n').AppendJoin("", _notes.Select(static note => $"- Note: {note}\n"));

        return text.ToString();
    }

    private void Judge(string text, double figure, double bound, string unit, bool met, string sign)
    {
        _hasTargets = true;
        string verdict = met ? "PASS" : "FAIL";
        _targets.Add(text, $"{sign} {Number(bound)} {unit}".TrimEnd(), $"{Number(figure)} {unit}".TrimEnd(), verdict);
        Console.WriteLine($"{verdict}  {text}: {Number(figure)} {unit}");
    }
}
