using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Bench.Harness;

/// <summary>One figure.</summary>
internal sealed record Result(
    [property: JsonPropertyName("backend")] string Backend,
    [property: JsonPropertyName("metric")] string Metric,
    [property: JsonPropertyName("value")] double Value,
    [property: JsonPropertyName("unit")] string Unit);

/// <summary>The figures of a run, printed and written as they come, so that a run that is cut short leaves what it has.</summary>
internal sealed class ResultLog : IDisposable
{
    private readonly Dictionary<(string Backend, string Metric), double> _values = [];
    private readonly StreamWriter? _json;

    internal ResultLog(string? jsonFile)
    {
        if (jsonFile is null)
            return;

        if (Path.GetDirectoryName(Path.GetFullPath(jsonFile)) is { } directory)
            Directory.CreateDirectory(directory);
        _json = new StreamWriter(jsonFile) { AutoFlush = true, NewLine = "\n" };
    }

    internal void Add(string backend, Metric metric, double value)
    {
        if (!double.IsFinite(value))
            return;

        double rounded = double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        _values[(backend, metric.Name)] = rounded;
        _json?.WriteLine(JsonSerializer.Serialize(new Result(backend, metric.Name, rounded, metric.Unit)));
        Console.WriteLine($"{metric.Name,-32} {backend,-20} {rounded,14:#,0.###} {metric.Unit}");
    }

    internal double? Find(string backend, Metric metric) => _values.TryGetValue((backend, metric.Name), out double value) ? value : null;

    public void Dispose() => _json?.Dispose();
}
